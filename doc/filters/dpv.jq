# Maps lines of bioconsent list --json to consent records as in ISO/IEC TS 27560, in JSON-LD with the terms of
# W3C's Data Privacy Vocabulary. The store does not hold how to reach the controller: --arg names it.
#
#     bioconsent list --json | jq -s --arg contact 'Privacy office' --arg address '1 Example Street' -f dpv.jq
def subject: if .external then .external else "\(.subject) (uid \(.uid))" end;
{
  "@context": {
    "dpv": "https://w3id.org/dpv#",
    "pd": "https://w3id.org/dpv/pd#",
    "dct": "http://purl.org/dc/terms/",
    "bc": "urn:x-bioconsent:"
  },
  "@graph": [ .[] | {
    "@type": "dpv:ConsentRecord",
    "dpv:hasDataSubject": subject,
    "dpv:hasDataController": {"dpv:hasContact": $contact, "dpv:hasAddress": $address},
    "dpv:hasNotice": {"dct:identifier": .notice_id, "bc:sha256": .notice},
    "dpv:hasPurpose": (.purposes // []),
    "dpv:hasPersonalData": [.modalities[] | {"@id": "bc:data:\(.)", "dct:isPartOf": "pd:Biometric"}],
    "dpv:hasProcessing": .operations,
    "dpv:hasRecipient": (.providers // []),
    "dpv:hasConsentStatus": {"@type": "dpv:ConsentGiven", "dct:date": .valid_from},
    "dpv:isExplicit": (.kind == "explicit" or .kind == "written-release"),
    "dpv:isIndicatedBy": (.representative // subject),
    "dpv:hasExpiryTime": .expires
  } | with_entries(select(.value != null)) ]
}
