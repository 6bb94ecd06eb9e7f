// Checks a folder of heads and our own proofs with Go's note and tlog, which share no code with us.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type proofs struct {
	Inclusion []struct {
		Index, Size int64
		Root, Leaf  string
		Path        []string
	}
	Consistency []struct {
		Old, New         int64
		OldRoot, NewRoot string
		Path             []string
	}
}

func must(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func hash(text string) (found tlog.Hash) {
	bytes, err := base64.StdEncoding.DecodeString(text)
	must(err)
	copy(found[:], bytes)
	return found
}

func hashes(texts []string) (found []tlog.Hash) {
	for _, text := range texts {
		found = append(found, hash(text))
	}
	return found
}

// folder reads the tiles of one epoch; C2SP leaves out the height that Go's paths name.
type folder string

func (f folder) Height() int                     { return 8 }
func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}
func (f folder) read(parts ...string) ([]byte, error) {
	return os.ReadFile(filepath.Join(append([]string{string(f)}, parts...)...))
}
func (f folder) ReadTiles(tiles []tlog.Tile) (data [][]byte, err error) {
	for _, tile := range tiles {
		bytes, err := f.read(strings.Replace(tile.Path(), "tile/8/", "tile/", 1))
		if err != nil {
			return nil, err
		}
		data = append(data, bytes)
	}
	return data, nil
}

func tree(place folder) tlog.Tree {
	key, err := place.read("vkey")
	must(err)
	verifier, err := note.NewVerifier(strings.TrimSpace(string(key)))
	must(err)
	signed, err := place.read("checkpoint")
	must(err)
	opened, err := note.Open(signed, note.VerifierList(verifier))
	must(err)
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	if lines[0] != verifier.Name() {
		must(fmt.Errorf("the origin is not the key's name"))
	}
	return tlog.Tree{N: size, Hash: hash(lines[2])}
}

func checkEntries(place folder, head tlog.Tree) {
	reader := tlog.TileHashReader(head, place)
	for first := int64(0); first < head.N; first += 256 {
		path := tlog.Tile{H: 8, L: -1, N: first / 256, W: int(min(256, head.N-first))}.Path()
		bundle, err := place.read(strings.Replace(path, "tile/8/data", "tile/entries", 1))
		must(err)
		var indexes []int64
		var wanted []tlog.Hash
		for index := first; len(bundle) > 0; index++ {
			length := binary.BigEndian.Uint16(bundle)
			wanted = append(wanted, tlog.RecordHash(bundle[2:2+length]))
			indexes = append(indexes, tlog.StoredHashIndex(0, index))
			bundle = bundle[2+length:]
		}
		found, err := reader.ReadHashes(indexes)
		must(err)
		for n := range found {
			if found[n] != wanted[n] {
				must(fmt.Errorf("entry %d has another hash", first+int64(n)))
			}
		}
	}
}

func min(one, other int64) int64 {
	if one < other {
		return one
	}
	return other
}

func main() {
	place := folder(os.Args[1])
	head := tree(place)
	checkEntries(place, head)
	var given proofs
	must(json.NewDecoder(os.Stdin).Decode(&given))
	for _, p := range given.Inclusion {
		must(tlog.CheckRecord(hashes(p.Path), p.Size, hash(p.Root), p.Index, hash(p.Leaf)))
	}
	for _, p := range given.Consistency {
		must(tlog.CheckTree(hashes(p.Path), p.New, hash(p.NewRoot), p.Old, hash(p.OldRoot)))
	}
	fmt.Println("ok", head.N, len(given.Inclusion), len(given.Consistency))
}
