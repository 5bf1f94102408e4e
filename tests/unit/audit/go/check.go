// Checks a log that audit_sample wrote with nothing of ours: the notes, trees and tiles of Go's own
// checksum database (golang.org/x/mod/sumdb). Then changes files one by one and demands that each
// change is found.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io/fs"
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

// Go names the height in a tile's path, the C2SP format leaves it out: it is always 8.
func path(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
}

// The tiles of a tree. Go lists a partial tile at each width that it ever had; the last counts.
func tilesOf(size int64) (tiles []tlog.Tile) {
	for _, tile := range tlog.NewTiles(tileHeight, 0, size) {
		last := len(tiles) - 1
		if last >= 0 && tiles[last].L == tile.L && tiles[last].N == tile.N {
			tiles = tiles[:last]
		}
		tiles = append(tiles, tile)
	}
	return tiles
}

// The entries of all bundles, and the tree's hashes as Go computes them from these.
func (f folder) entries(size int64) (all [][]byte, stored memory, err error) {
	for _, tile := range tilesOf(size) {
		if tile.L != 0 {
			continue
		}
		data, err := f.read(strings.Replace(path(tile), "tile/0/", "tile/entries/", 1))
		if err != nil {
			return nil, nil, err
		}
		for i := 0; i < tile.W; i++ {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				return nil, nil, fmt.Errorf("bundle %d is cut short", tile.N)
			}
			end := 2 + int(binary.BigEndian.Uint16(data))
			hashes, err := tlog.StoredHashes(int64(len(all)), data[2:end], stored)
			if err != nil {
				return nil, nil, err
			}
			stored = append(stored, hashes...)
			all = append(all, data[2:end])
			data = data[end:]
		}
		if len(data) != 0 {
			return nil, nil, fmt.Errorf("bundle %d goes on", tile.N)
		}
	}
	return all, stored, nil
}

// Stored hashes, as Go numbers them.
type memory []tlog.Hash

func (m memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var list []tlog.Hash
	for _, index := range indexes {
		if index >= int64(len(m)) {
			return nil, fmt.Errorf("no hash %d", index)
		}
		list = append(list, m[index])
	}
	return list, nil
}

// Every tile that Go would publish, byte by byte, and no other file. Not with TileHashReader: that
// of version 0.7.0 leaves some of the tiles that it reads unchecked.
func (f folder) tiles(size int64, stored memory) error {
	expected := 0
	for _, tile := range tilesOf(size) {
		expected++
		if tile.L == 0 {
			expected++ // its bundle
		}
		want, err := tlog.ReadTileData(tile, stored)
		if err != nil {
			return err
		}
		data, err := f.read(path(tile))
		if err != nil {
			return err
		}
		if !bytes.Equal(data, want) {
			return fmt.Errorf("%s is another than ours", path(tile))
		}
	}
	found := 0
	count := func(_ string, file fs.DirEntry, err error) error {
		if err == nil && !file.IsDir() {
			found++
		}
		return err
	}
	err := filepath.WalkDir(filepath.Join(f.path, "tile"), count)
	if err == nil && found != expected {
		err = fmt.Errorf("%d tiles instead of %d", found, expected)
	}
	return err
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
	entries, stored, err := f.entries(now.N)
	if err != nil {
		return 0, err
	}
	if root, err := tlog.TreeHash(now.N, stored); err != nil || root != now.Hash {
		return 0, fmt.Errorf("the entries do not lead to the checkpoint: %v", err)
	}
	if err := f.tiles(now.N, stored); err != nil {
		return 0, err
	}
	if err := f.consistency(before, now, stored); err != nil {
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
