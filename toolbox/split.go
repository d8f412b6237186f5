package main

import (
	"bytes"
	"unicode/utf8"
)

// piece is one document of a YAML stream as it stands in the file; `line` is the number of its first line.
type piece struct {
	content []byte
	line    int
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// splitDocuments cuts a stream at its document markers. YAML forbids `---` and `...` at the begin of a line in every
// scalar, so a line-wise cut is exact, also for block scalars. What stands behind a marker on its line stays with it.
func splitDocuments(content []byte) []piece {
	content = bytes.TrimPrefix(content, byteOrderMark)
	var pieces []piece
	current := piece{line: 1}
	start, number := 0, 0
	for offset := 0; offset < len(content); {
		number++
		end := offset + lineLength(content[offset:])
		line := content[offset:end]
		switch {
		case isMarker(line, "---") && !isPrologue(content[start:offset]):
			current.content = content[start:offset]
			pieces = append(pieces, current)
			start, current = offset, piece{line: number}
		case isMarker(line, "..."):
			current.content = content[start:offset]
			pieces = append(pieces, current)
			start, current = end, piece{line: number + 1}
		}
		offset = end
	}
	current.content = content[start:]
	return append(pieces, current)
}

// isPrologue says that only directives and comments stand before a marker: they belong to the document that it begins.
func isPrologue(content []byte) bool {
	for offset := 0; offset < len(content); {
		end := offset + lineLength(content[offset:])
		line := bytes.TrimSpace(content[offset:end])
		if len(line) > 0 && line[0] != '#' && content[offset] != '%' {
			return false
		}
		offset = end
	}
	return true
}

func isMarker(line []byte, marker string) bool {
	if !bytes.HasPrefix(line, []byte(marker)) {
		return false
	}
	rest := line[len(marker):]
	return len(rest) == 0 || bytes.ContainsRune([]byte(" \t\r\n"), rune(rest[0])) || breakLength(rest) > 0
}

// lineLength is the length of the first line with its end.
func lineLength(content []byte) int {
	for offset := 0; offset < len(content); {
		if length := breakLength(content[offset:]); length > 0 {
			return offset + length
		}
		offset++
	}
	return len(content)
}

// breakLength knows all that YAML 1.1 takes for the end of a line: LF, CR LF, CR, NEL, LS, PS.
func breakLength(content []byte) int {
	switch content[0] {
	case '\n':
		return 1
	case '\r':
		if len(content) > 1 && content[1] == '\n' {
			return 2
		}
		return 1
	case 0xc2, 0xe2:
		if found, length := utf8.DecodeRune(content); found == 0x85 || found == 0x2028 || found == 0x2029 {
			return length
		}
	}
	return 0
}

// firstLine is where the content begins: behind blank lines, comments and directives.
func (p piece) firstLine() int {
	number := p.line
	for offset := 0; offset < len(p.content); number++ {
		end := offset + lineLength(p.content[offset:])
		line := bytes.TrimSpace(p.content[offset:end])
		if isMarker(line, "---") {
			line = bytes.TrimSpace(line[3:])
		}
		if len(line) > 0 && line[0] != '#' && p.content[offset] != '%' {
			return number
		}
		offset = end
	}
	return p.line
}

func (p piece) lineAt(offset int) int {
	return p.line + bytes.Count(p.content[:min(offset, len(p.content))], []byte("\n"))
}
