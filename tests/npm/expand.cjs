// SPDX-License-Identifier: BSD-2-Clause
// Expands a JSON-LD document with a processor that we did not write, in safe mode and without a network, and
// says what is in it: records, their states, triples. Fails if anything gets lost.
'use strict';
const fs = require('fs');
const assert = require('assert');
const jsonld = require('jsonld');

const documentLoader = url => { throw new Error(`the document fetches ${url}`); };
const options = {safe: true, documentLoader};

// Strings, numbers and booleans below @graph, apart from types and ids.
function values(node, key) {
    if (Array.isArray(node))
        return node.reduce((n, one) => n + values(one, key), 0);
    if (node && typeof node === 'object')
        return Object.entries(node).reduce((n, [k, v]) => n + values(v, k), 0);
    return key === '@type' || key === '@id' ? 0 : 1;
}

function absolute(node) {
    if (Array.isArray(node))
        return node.forEach(absolute);
    if (!node || typeof node !== 'object')
        return;
    for (const [k, v] of Object.entries(node)) {
        if (!k.startsWith('@'))
            assert.match(k, /^(https?:\/\/|urn:)/, `not absolute: ${k}`);
        const names = k === '@type' ? [].concat(v) : k === '@id' ? [v] : [];
        for (const name of names)
            assert.match(name, /^(https?:\/\/|urn:)/, `not absolute: ${name}`);
        absolute(v);
    }
}

async function main() {
    const document = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
    const expanded = await jsonld.expand(document, options);
    const triples = await jsonld.toRDF(document, options);
    const compacted = await jsonld.compact(expanded, document['@context'], options);

    absolute(expanded);
    assert.strictEqual(expanded.length, document['@graph'].length, 'records got lost');
    assert.strictEqual(values(expanded), values(document['@graph']), 'values got lost');
    assert.deepStrictEqual(await jsonld.expand(compacted, options), expanded, 'there and back');
    const states = {};
    for (const record of expanded)
        for (const event of record['https://w3id.org/dpv#hasConsentStatus']) {
            const state = event['@type'][0].replace('https://w3id.org/dpv#', '');
            states[state] = (states[state] || 0) + 1;
        }
    console.log(JSON.stringify({records: expanded.length, triples: triples.length, states}));
}

main().catch(error => { console.error(error.message, error.details || ''); process.exit(1); });
