// Checks a log that audit_sample wrote with nothing of ours: the notes, trees and tiles of Go's own
// checksum database (golang.org/x/mod/sumdb). Then changes files one by one and demands that each
// change is found.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

// The log's files; one of them may be read with a changed byte.
type folder struct {
	path    string
	changed string
}

func (f folder) read(name string) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(f.path, name))
	if err == nil && name == f.changed {
		data[len(data)/3] ^= 1
	}
	return data, err
}

// Go names the height in a tile's path, the C2SP format leaves it out: it is always 8.
func (f folder) Height() int { return tileHeight }

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, err := f.read(strings.Replace(tile.Path(), "tile/8/", "tile/", 1))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

func (f folder) tree(name string, known note.Verifiers) (tlog.Tree, error) {
	data, err := f.read(name)
	if err != nil {
		return tlog.Tree{}, err
	}
	return openTree(data, known)
}

func openTree(data []byte, known note.Verifiers) (tree tlog.Tree, err error) {
	opened, err := note.Open(data, known)
	if err != nil {
		return tree, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != opened.Sigs[0].Name {
		return tree, fmt.Errorf("not a checkpoint of this log: %q", opened.Text)
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, err
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, err
}

func hashes(lines []string) (list []tlog.Hash, err error) {
	for _, line := range lines {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, err
		}
		list = append(list, hash)
	}
	return list, nil
}

// Every entry of every bundle against the leaf hash of its tile, and that against the root.
func (f folder) entries(tree tlog.Tree, reader tlog.HashReader) ([][]byte, error) {
	var all [][]byte
	for first := int64(0); first < tree.N; first += 1 << tileHeight {
		tile := tlog.Tile{H: tileHeight, L: 0, N: first >> tileHeight, W: 1 << tileHeight}
		if tree.N-first < int64(tile.W) {
			tile.W = int(tree.N - first)
		}
		data, err := f.read(strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1))
		if err != nil {
			return nil, err
		}
		var indexes []int64
		for i := 0; i < tile.W; i++ {
			indexes = append(indexes, tlog.StoredHashIndex(0, first+int64(i)))
		}
		leaves, err := reader.ReadHashes(indexes)
		if err != nil {
			return nil, err
		}
		for i := 0; i < tile.W; i++ {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				return nil, fmt.Errorf("the bundle of entry %d is cut short", first)
			}
			size := 2 + int(binary.BigEndian.Uint16(data))
			if tlog.RecordHash(data[2:size]) != leaves[i] {
				return nil, fmt.Errorf("entry %d is not the one in its tile", first+int64(i))
			}
			all = append(all, data[2:size])
			data = data[size:]
		}
		if len(data) != 0 {
			return nil, fmt.Errorf("the bundle of entry %d goes on", first)
		}
	}
	return all, nil
}

func (f folder) consistency(before, now tlog.Tree, reader tlog.HashReader) error {
	data, err := f.read("consistency")
	if err != nil {
		return err
	}
	proof, err := hashes(strings.Fields(string(data)))
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(proof, now.N, now.Hash, before.N, before.Hash); err != nil {
		return err
	}
	expected, err := tlog.ProveTree(now.N, before.N, reader)
	if err == nil && fmt.Sprint(expected) != fmt.Sprint(tlog.TreeProof(proof)) {
		err = fmt.Errorf("the consistency proof is another than ours")
	}
	return err
}

func (f folder) proof(name string, known note.Verifiers, entries [][]byte) error {
	data, err := f.read(name)
	if err != nil {
		return err
	}
	head, checkpoint, found := bytes.Cut(data, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !found || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" ||
		lines[1] != "extra "+base64.StdEncoding.EncodeToString([]byte("note")) ||
		!strings.HasPrefix(lines[2], "index ") {
		return fmt.Errorf("%s is not a proof", name)
	}
	index, err := strconv.ParseInt(lines[2][len("index "):], 10, 64)
	if err != nil || index >= int64(len(entries)) {
		return fmt.Errorf("%s: no such entry", name)
	}
	if filepath.Base(name) != fmt.Sprintf("%d.tlog-proof", index) {
		return fmt.Errorf("%s is of entry %d", name, index)
	}
	path, err := hashes(lines[3:])
	if err != nil {
		return err
	}
	tree, err := openTree(checkpoint, known)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(path, tree.N, tree.Hash, index, tlog.RecordHash(entries[index]))
}

func (f folder) check(proofs []string) (int, error) {
	key, err := f.read("key")
	if err != nil {
		return 0, err
	}
	verifier, err := note.NewVerifier(string(key))
	if err != nil {
		return 0, err
	}
	known := note.VerifierList(verifier)
	now, err := f.tree("checkpoint", known)
	if err != nil {
		return 0, err
	}
	before, err := f.tree("checkpoint.old", known)
	if err != nil {
		return 0, err
	}
	reader := tlog.TileHashReader(now, f)
	entries, err := f.entries(now, reader)
	if err != nil {
		return 0, err
	}
	if err := f.consistency(before, now, reader); err != nil {
		return 0, err
	}
	for _, name := range proofs {
		if err := f.proof(name, known, entries); err != nil {
			return 0, err
		}
	}
	return len(entries), nil
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: check FOLDER")
		os.Exit(2)
	}
	path := os.Args[1]
	var proofs []string
	files, _ := filepath.Glob(filepath.Join(path, "proof", "*"))
	for _, file := range files {
		proofs = append(proofs, "proof/"+filepath.Base(file))
	}
	count, err := folder{path: path}.check(proofs)
	if err != nil || len(proofs) == 0 {
		fmt.Println("FAILED:", err, len(proofs), "proofs")
		os.Exit(1)
	}
	changes := append([]string{"checkpoint", "checkpoint.old", "consistency", "tile/0/000",
		"tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1", "tile/entries/000",
		"tile/entries/273.p/112"}, proofs...)
	for _, name := range changes {
		if _, err := (folder{path: path, changed: name}).check(proofs); err == nil {
			fmt.Println("FAILED: a change of", name, "is not found")
			os.Exit(1)
		}
	}
	fmt.Printf("%d entries and %d proofs agree, %d changes found\n", count, len(proofs), len(changes))
}
