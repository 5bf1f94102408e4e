// Checks an unpacked export with nothing of ours: the notes, trees and tiles of Go's own checksum
// database. audit_export.go KEY LOG-FOLDER; prints the number of entries.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type memory []tlog.Hash

func (m memory) ReadHashes(indexes []int64) (list []tlog.Hash, err error) {
	for _, index := range indexes {
		list = append(list, m[index])
	}
	return list, nil
}

func check(ok bool, what string, details ...any) {
	if !ok {
		fmt.Fprintln(os.Stderr, append([]any{"BAD:", what}, details...)...)
		os.Exit(1)
	}
}

func read(path ...string) []byte {
	data, err := os.ReadFile(filepath.Join(path...))
	check(err == nil, "cannot read", err)
	return data
}

// Go names the height in a tile's path, the C2SP format leaves it out: it is always 8.
func name(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
}

func main() {
	verifier, err := note.NewVerifier(os.Args[1])
	check(err == nil, "key", err)
	folder := os.Args[2]
	signed, err := note.Open(read(folder, "checkpoint"), note.VerifierList(verifier))
	check(err == nil, "signature", err)
	lines := strings.Split(signed.Text, "\n")
	check(lines[0] == verifier.Name()+"/"+filepath.Base(folder), "origin", lines[0])
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err == nil, "size", err)

	var stored memory
	var count int64
	for ; count < size; {
		width := size - count
		path := tlog.Tile{H: 8, L: 0, N: count / 256, W: 256}
		if width < 256 {
			path.W = int(width)
		}
		bundle := read(folder, strings.Replace(name(path), "tile/0/", "tile/entries/", 1))
		for len(bundle) > 0 {
			end := 2 + int(binary.BigEndian.Uint16(bundle))
			hashes, err := tlog.StoredHashes(count, bundle[2:end], stored)
			check(err == nil, "entry", count, err)
			stored = append(stored, hashes...)
			bundle = bundle[end:]
			count++
		}
	}
	root, err := tlog.TreeHash(size, stored)
	check(err == nil && root.String() == lines[2], "root", root.String())
	tiles := tlog.NewTiles(8, 0, size)
	for i, tile := range tiles {
		if i+1 < len(tiles) && tiles[i+1].L == tile.L && tiles[i+1].N == tile.N {
			continue // Go lists a partial tile at each width that it ever had; the last counts
		}
		want, err := tlog.ReadTileData(tile, stored)
		check(err == nil && bytes.Equal(want, read(folder, name(tile))), "tile", name(tile))
	}
	fmt.Println(count)
}
