// SPDX-License-Identifier: BSD-2-Clause
// Proves evidence with a verifier that we did not write: the checkpoint, each event in the log, each leaf
// in the register, by @sigstore/verify alone; and sees it refuse each with a bit changed.
//
// usage: prove.cjs VKEY FILE
'use strict';
const fs = require('fs');
const assert = require('assert');
const crypto = require('crypto');
const {verifyMerkleInclusion} = require('@sigstore/verify/dist/timestamp/merkle.js');
const {verifyCheckpoint} = require('@sigstore/verify/dist/timestamp/checkpoint.js');

const [vkey, file] = process.argv.slice(2);
const bundle = JSON.parse(fs.readFileSync(file, 'utf8'));

// "name+id+base64(type || public key)"; Node.js wants the key in DER.
function log(text) {
    const [, id, ...rest] = text.split('+');
    const raw = Buffer.from(rest.join('+'), 'base64');
    assert.equal(raw[0], 1);
    const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw.subarray(1)]);
    return {
        logID: Buffer.from(id, 'hex'),
        publicKey: crypto.createPublicKey({key: der, format: 'der', type: 'spki'}),
        validFor: {start: new Date(0), end: new Date(8.64e15)},
    };
}

function hash(...parts) {
    return crypto.createHash('sha256').update(Buffer.concat(parts)).digest();
}

// It wants to know the key of every signature: witnesses' are of another kind, and left out for it.
function ownSignatures(note) {
    const own = `\u2014 ${vkey.split('+')[0]} `;
    const [text, signatures] = note.split('\n\n');
    return `${text}\n\n` + signatures.split('\n').filter(l => l.startsWith(own)).map(l => `${l}\n`).join('');
}

const lines = bundle.checkpoint.split('\n');
const [, registerSize, registerRoot] = lines[3].split(' ');

function entry(body, index, size, root, hashes) {
    return {
        integratedTime: lines[4].split(' ')[1],
        canonicalizedBody: body,
        inclusionProof: {
            logIndex: String(index), treeSize: size, rootHash: Buffer.from(root, 'base64'),
            hashes: hashes.map(h => Buffer.from(h, 'base64')),
            checkpoint: {envelope: ownSignatures(bundle.checkpoint)},
        },
    };
}

// Takes the standard text apart, as any tool would.
function logged(event) {
    const body = event.payload === undefined
        ? Buffer.from(event.commitment, 'base64')
        : hash(Buffer.from(event.salt, 'base64'), Buffer.from(event.payload));
    const split = event.proof.indexOf('\n\n');
    const [magic, index, ...hashes] = event.proof.slice(0, split).split('\n');
    assert.equal(magic, 'c2sp.org/tlog-proof@v1');
    assert.equal(event.proof.slice(split + 2), bundle.checkpoint);
    return entry(body, index.split(' ')[1], lines[1], lines[2], hashes);
}

function registered(leaf) {
    return entry(Buffer.from(leaf.leaf, 'base64'), leaf.slot, registerSize, registerRoot, leaf.path);
}

function refuses(what, change) {
    const other = {...what, inclusionProof: {...what.inclusionProof}};
    change(other, other.inclusionProof);
    assert.throws(() => verifyMerkleInclusion(other));
}

function flip(bytes) {
    const other = Buffer.from(bytes);
    other[0] ^= 1;
    return other;
}

function included(what) {
    verifyMerkleInclusion(what);
    refuses(what, e => { e.canonicalizedBody = flip(e.canonicalizedBody); });
    refuses(what, (e, p) => { p.rootHash = flip(p.rootHash); });
    refuses(what, (e, p) => { p.logIndex = p.treeSize; });
    if (what.inclusionProof.hashes.length)
        refuses(what, (e, p) => { p.hashes = [flip(p.hashes[0]), ...p.hashes.slice(1)]; });
}

const events = bundle.events.map(logged);
const leaves = bundle.register.map(registered);
const keys = [log(vkey)];
for (const event of events) {
    verifyCheckpoint(event, keys);
    included(event);
}
leaves.forEach(included);
const forged = entry(Buffer.alloc(0), 0, lines[1], lines[2], []);
forged.inclusionProof.checkpoint = {envelope: ownSignatures(bundle.checkpoint).replace('signed/v1 1', 'signed/v1 2')};
assert.throws(() => verifyCheckpoint(forged, keys));
console.log(`proven: 1 checkpoint, ${events.length} events, ${leaves.length} leaves`);
