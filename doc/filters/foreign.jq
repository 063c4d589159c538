# Maps the export of a consent platform to lines that bioconsent grant --from reads. The input is an array of
#     {"user": {"id": "…"}, "consent": {"status": "ACTIVE", "date": "2026-01-02T03:04:05Z", "expiry": …}}
# Change the paths on the right to those of your platform. A record that is not active gives no line. The
# notice must be published first.
#
#     jq -c --arg notice door -f foreign.jq export.json | bioconsent grant --from -
.[] | select(.consent.status == "ACTIVE") | {
  external: .user.id,
  notice_id: $notice,
  valid_from: .consent.date,
  expires: .consent.expiry,
  collected: "taken over from a consent platform"
} | with_entries(select(.value != null))
