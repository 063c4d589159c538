// SPDX-License-Identifier: BSD-2-Clause

// What Go's own packages for notes and transparent logs make of our files, and files of theirs for our
// tools. Written for golang.org/x/mod 0.7.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const usage = `usage: interop-go open NOTE VKEY
       interop-go cosigned NOTE VKEY COSIGNER-VKEY
       interop-go consistency OLD-NOTE NEW-NOTE PROOF VKEY
       interop-go evidence FILE VKEY
       interop-go tree DIR VKEY
       interop-go prove DIR VKEY INDEX
       interop-go log DIR NAME        writes a log's key, two checkpoints, and what goes with them
       interop-go witness-key         prints a new private key for a witness
       interop-go witness-vkey NAME KEY-FILE
       interop-go witness NAME KEY-FILE STATE-FILE VKEY
                                      answers the request on standard input by the rules of tlog-witness
`

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "interop-go:", err)
		os.Exit(1)
	}
}

func read(path string) []byte {
	data, err := os.ReadFile(path)
	check(err)
	return data
}

// ---- checkpoints ----

type checkpoint struct {
	origin string
	tlog.Tree
}

func parseCheckpoint(text string) (c checkpoint, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 {
		return c, errors.New("not a checkpoint")
	}
	c.origin = lines[0]
	if c.N, err = strconv.ParseInt(lines[1], 10, 64); err == nil {
		c.Hash, err = tlog.ParseHash(lines[2])
	}
	return c, err
}

func openCheckpoint(signed []byte, verifiers ...note.Verifier) (checkpoint, *note.Note) {
	n, err := note.Open(signed, note.VerifierList(verifiers...))
	check(err)
	if len(n.Sigs) != len(verifiers) {
		check(fmt.Errorf("%d of %d signatures", len(n.Sigs), len(verifiers)))
	}
	c, err := parseCheckpoint(n.Text)
	check(err)
	return c, n
}

func logVerifier(vkey string) note.Verifier {
	v, err := note.NewVerifier(vkey)
	check(err)
	return v
}

func parseHashes(text string) (hashes []tlog.Hash) {
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if line == "" {
			continue
		}
		h, err := tlog.ParseHash(line)
		check(err)
		hashes = append(hashes, h)
	}
	return hashes
}

// ---- cosignatures: type 04, which these packages do not know ----

type cosigner struct {
	name string
	key  ed25519.PublicKey
	time uint64
	sign ed25519.PrivateKey
}

func (c *cosigner) Name() string { return c.name }

func (c *cosigner) KeyHash() uint32 {
	h := sha256.Sum256(append([]byte(c.name+"\n\x04"), c.key...))
	return binary.BigEndian.Uint32(h[:])
}

func message(time uint64, text []byte) []byte {
	return append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", time)), text...)
}

func (c *cosigner) Verify(text, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	c.time = binary.BigEndian.Uint64(sig)
	return ed25519.Verify(c.key, message(c.time, text), sig[8:])
}

func (c *cosigner) Sign(text []byte) ([]byte, error) {
	now := uint64(time.Now().Unix())
	sig := binary.BigEndian.AppendUint64(nil, now)
	return append(sig, ed25519.Sign(c.sign, message(now, text))...), nil
}

func (c *cosigner) vkey() string {
	return fmt.Sprintf("%s+%08x+%s", c.name, c.KeyHash(),
		base64.StdEncoding.EncodeToString(append([]byte{4}, c.key...)))
}

func parseCosigner(vkey string) *cosigner {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		check(errors.New("not a verifier key"))
	}
	id, err := hex.DecodeString(parts[1])
	check(err)
	key, err := base64.StdEncoding.DecodeString(parts[2])
	check(err)
	if len(key) != 1+ed25519.PublicKeySize || key[0] != 4 || len(id) != 4 {
		check(errors.New("not a cosigner's key"))
	}
	c := &cosigner{name: parts[0], key: key[1:]}
	if c.KeyHash() != binary.BigEndian.Uint32(id) {
		check(errors.New("the key's id is wrong"))
	}
	return c
}

// ---- published tiles ----

type tiles struct{ dir string }

func (t tiles) Height() int                         { return 8 }
func (t tiles) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (t tiles) ReadTiles(ts []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range ts {
		// Here the height is not part of the path.
		path := "tile/" + strings.TrimPrefix(tile.Path(), "tile/8/")
		data, err := os.ReadFile(filepath.Join(t.dir, path))
		if err != nil {
			return nil, err
		}
		out = append(out, data)
	}
	return out, nil
}

func published(dir, vkey string) (checkpoint, []byte) {
	signed := read(filepath.Join(dir, "checkpoint"))
	c, _ := openCheckpoint(signed, logVerifier(vkey))
	return c, signed
}

func entries(dir string, n, size int64) [][]byte {
	tile := tlog.Tile{H: 8, L: 0, N: n, W: 256}
	if size-n*256 < 256 {
		tile.W = int(size - n*256)
	}
	data := read(filepath.Join(dir, "tile/entries", strings.TrimPrefix(tile.Path(), "tile/8/0/")))
	var out [][]byte
	for len(data) >= 2 {
		length := int(binary.BigEndian.Uint16(data))
		if len(data) < 2+length {
			break
		}
		out = append(out, data[2:2+length])
		data = data[2+length:]
	}
	if len(data) != 0 || len(out) != tile.W {
		check(fmt.Errorf("entry bundle %d is malformed", n))
	}
	return out
}

// Those of one size; tlog.NewTiles names every part of a tile on the way there, too.
func allTiles(size int64) (out []tlog.Tile) {
	for level := 0; size>>(8*level) > 0; level++ {
		for n, count := int64(0), size>>(8*level); n*256 < count; n++ {
			width := count - n*256
			if width > 256 {
				width = 256
			}
			out = append(out, tlog.Tile{H: 8, L: level, N: n, W: int(width)})
		}
	}
	return out
}

// Recomputes the whole tree from the entries, and holds every tile against it.
func tree(dir, vkey string) {
	c, _ := published(dir, vkey)
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) (out []tlog.Hash, err error) {
		for _, i := range indexes {
			out = append(out, stored[i])
		}
		return out, nil
	})
	for at := int64(0); at < c.N; {
		for _, entry := range entries(dir, at/256, c.N) {
			hashes, err := tlog.StoredHashes(at, entry, reader)
			check(err)
			stored = append(stored, hashes...)
			at++
		}
	}
	root, err := tlog.TreeHash(c.N, reader)
	check(err)
	if root != c.Hash {
		check(errors.New("the entries do not have the signed root"))
	}
	for _, tile := range allTiles(c.N) {
		want, err := tlog.ReadTileData(tile, reader)
		check(err)
		have, err := tiles{dir}.ReadTiles([]tlog.Tile{tile})
		check(err)
		if !bytes.Equal(want, have[0]) {
			check(fmt.Errorf("%s differs", tile.Path()))
		}
	}
	root, err = tlog.TreeHash(c.N, tlog.TileHashReader(c.Tree, tiles{dir}))
	check(err)
	fmt.Printf("%s: %d entries, root %v\n", c.origin, c.N, root)
}

func formatProof(index int64, proof tlog.RecordProof, signed []byte) string {
	out := fmt.Sprintf("c2sp.org/tlog-proof@v1\nindex %d\n", index)
	for _, h := range proof {
		out += h.String() + "\n"
	}
	return out + "\n" + string(signed)
}

func prove(dir, vkey, index string) {
	c, signed := published(dir, vkey)
	i, err := strconv.ParseInt(index, 10, 64)
	check(err)
	proof, err := tlog.ProveRecord(c.N, i, tlog.TileHashReader(c.Tree, tiles{dir}))
	check(err)
	fmt.Print(formatProof(i, proof, signed))
}

// ---- evidence ----

func checkProof(entry []byte, text, vkey string) {
	parts := strings.SplitN(text, "\n\n", 2)
	head := strings.SplitN(parts[0]+"\n", "\n", 3)
	if len(parts) != 2 || len(head) != 3 || head[0] != "c2sp.org/tlog-proof@v1" {
		check(errors.New("not a proof"))
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(head[1], "index "), 10, 64)
	check(err)
	c, _ := openCheckpoint([]byte(parts[1]), logVerifier(vkey))
	check(tlog.CheckRecord(parseHashes(head[2]), c.N, c.Hash, index, tlog.RecordHash(entry)))
}

func evidence(path, vkey string) {
	var bundle struct {
		Events []struct {
			Payload          string
			Salt, Commitment []byte
			Proof            string
		}
	}
	check(json.Unmarshal(read(path), &bundle))
	for _, e := range bundle.Events {
		entry := e.Commitment
		if entry == nil {
			h := sha256.Sum256(append(e.Salt, e.Payload...))
			entry = h[:]
		}
		checkProof(entry, e.Proof, vkey)
	}
	fmt.Printf("%d events proven\n", len(bundle.Events))
}

// ---- a log made here, with the two extension lines of a consent store, and a witness ----

func newKey(name string) (note.Signer, string) {
	skey, vkey, err := note.GenerateKey(nil, name)
	check(err)
	s, err := note.NewSigner(skey)
	check(err)
	return s, vkey
}

func makeLog(dir, name string) {
	const small, large = 21, 300
	emptyRoot := base64.StdEncoding.EncodeToString(sha256.New().Sum(nil))
	signer, vkey := newKey(name)
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) (out []tlog.Hash, err error) {
		for _, i := range indexes {
			out = append(out, stored[i])
		}
		return out, nil
	})
	var notes [2][]byte
	for i := int64(0); i < large; i++ {
		hashes, err := tlog.StoredHashes(i, []byte(fmt.Sprintf("event %d\n", i)), reader)
		check(err)
		stored = append(stored, hashes...)
		if i+1 != small && i+1 != large {
			continue
		}
		root, err := tlog.TreeHash(i+1, reader)
		check(err)
		signed, err := note.Sign(&note.Note{Text: fmt.Sprintf(
			"%s\n%d\n%v\nregister/v1 0 %s\nsigned/v1 %d\n", name, i+1, root, emptyRoot, 1700000000+i)}, signer)
		check(err)
		notes[(i+1)/large] = signed
	}
	proof, err := tlog.ProveTree(large, small, reader)
	check(err)
	lines := ""
	for _, h := range proof {
		lines += h.String() + "\n"
	}
	for file, text := range map[string]string{"vkey": vkey + "\n", "small": string(notes[0]),
		"large": string(notes[1]), "proof": lines} {
		check(os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644))
	}
}

func loadWitness(name, file string) *cosigner {
	seed, err := hex.DecodeString(strings.TrimSpace(string(read(file))))
	check(err)
	private := ed25519.NewKeyFromSeed(seed)
	return &cosigner{name: name, key: private.Public().(ed25519.PublicKey), sign: private}
}

func makeWitnessKey() {
	_, private, err := ed25519.GenerateKey(nil)
	check(err)
	fmt.Println(hex.EncodeToString(private.Seed()))
}

// A witness of one log: what it has cosigned last is the checkpoint in the state file. The answer is the
// body that it would have over HTTP.
func witness(name, keyFile, stateFile, vkey string) {
	request, err := io.ReadAll(os.Stdin)
	check(err)
	parts := strings.SplitN(string(request), "\n\n", 2)
	head := strings.SplitN(parts[0]+"\n", "\n", 2)
	if len(parts) != 2 || !strings.HasPrefix(head[0], "old ") {
		check(errors.New("not a request"))
	}
	oldSize, err := strconv.ParseInt(strings.TrimPrefix(head[0], "old "), 10, 64)
	check(err)
	c, n := openCheckpoint([]byte(parts[1]), logVerifier(vkey))
	var last checkpoint
	if state, err := os.ReadFile(stateFile); err == nil {
		last, _ = openCheckpoint(state, logVerifier(vkey))
	}
	if oldSize != last.N {
		fmt.Println(last.N)
		check(errors.New("409: another size"))
	}
	if oldSize > 0 {
		check(tlog.CheckTree(parseHashes(head[1]), c.N, c.Hash, last.N, last.Hash))
	}
	signed, err := note.Sign(&note.Note{Text: n.Text}, loadWitness(name, keyFile))
	check(err)
	check(os.WriteFile(stateFile, []byte(parts[1]), 0o600))
	fmt.Print(string(signed[bytes.LastIndex(signed, []byte("\n\n"))+2:]))
}

func main() {
	args := os.Args[1:]
	arity := map[string]int{"open": 2, "cosigned": 3, "consistency": 4, "evidence": 2, "tree": 2, "prove": 3,
		"log": 2, "witness-key": 0, "witness-vkey": 2, "witness": 4}
	if len(args) == 0 || len(args)-1 != arity[args[0]] {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	switch args[0] {
	case "open":
		c, _ := openCheckpoint(read(args[1]), logVerifier(args[2]))
		fmt.Printf("%s %d %v\n", c.origin, c.N, c.Hash)
	case "cosigned":
		w := parseCosigner(args[3])
		c, _ := openCheckpoint(read(args[1]), logVerifier(args[2]), w)
		fmt.Printf("%s %d at %d\n", c.origin, c.N, w.time)
	case "consistency":
		old, _ := openCheckpoint(read(args[1]), logVerifier(args[4]))
		c, _ := openCheckpoint(read(args[2]), logVerifier(args[4]))
		check(tlog.CheckTree(parseHashes(string(read(args[3]))), c.N, c.Hash, old.N, old.Hash))
		fmt.Printf("%d extends %d\n", c.N, old.N)
	case "evidence":
		evidence(args[1], args[2])
	case "tree":
		tree(args[1], args[2])
	case "prove":
		prove(args[1], args[2], args[3])
	case "log":
		makeLog(args[1], args[2])
	case "witness-key":
		makeWitnessKey()
	case "witness-vkey":
		fmt.Println(loadWitness(args[1], args[2]).vkey())
	case "witness":
		witness(args[1], args[2], args[3], args[4])
	}
}
