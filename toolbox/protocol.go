package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
)

// operations is what the toolbox can be asked; each file that holds an operation adds it in its `init`.
var operations = map[string]func(*request) (any, error){}

const (
	headerBytesMax  = 64 << 20
	payloadBytesMax = 64 << 20
)

// frame is the header of every message in both directions; `Size` bytes of payload follow it.
type frame struct {
	Hello     *hello          `json:"hello,omitempty"`
	Operation string          `json:"operation,omitempty"`
	Arguments json.RawMessage `json:"arguments,omitempty"`
	Limits    *limits         `json:"limits,omitempty"`
	Ask       string          `json:"ask,omitempty"`
	Path      string          `json:"path,omitempty"`
	Found     bool            `json:"found,omitempty"`
	Directory bool            `json:"directory,omitempty"`
	Names     []string        `json:"names,omitempty"`
	Answer    string          `json:"answer,omitempty"`
	Last      bool            `json:"last,omitempty"`
	Error     *answerError    `json:"error,omitempty"`
	Size      int             `json:"size,omitempty"`
}

type hello struct {
	Confinement confinement       `json:"confinement"`
	Versions    map[string]string `json:"versions"`
}

// confinement says what holds for this process from its start.
type confinement struct {
	Files    int  `json:"landlock"` // the ABI of Landlock that denies every path; 0: files are not confined
	Syscalls bool `json:"seccomp"`  // no socket, no program start, by a filter of system calls
	Limits   bool `json:"limits"`   // memory, CPU time, open files, no file growth
}

// limits of one request; a caller may only lower them.
type limits struct {
	Asks        int `json:"asks,omitempty"`
	ReadBytes   int `json:"read_bytes,omitempty"`
	OutputBytes int `json:"output_bytes,omitempty"`
}

var limitsMost = limits{Asks: 50_000, ReadBytes: 256 << 20, OutputBytes: payloadBytesMax}

func (l limits) lowered(by *limits) limits {
	if by == nil {
		return l
	}
	lower := func(most, asked int) int {
		if asked > 0 && asked < most {
			return asked
		}
		return most
	}
	return limits{lower(l.Asks, by.Asks), lower(l.ReadBytes, by.ReadBytes), lower(l.OutputBytes, by.OutputBytes)}
}

// complaint is one message of an engine about its input.
type complaint struct {
	Text   string `json:"text"`
	Path   string `json:"path,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

type answerError struct {
	Kind       string      `json:"kind"`
	Complaints []complaint `json:"complaints"`
}

// refusal says that the input is wrong, with every complaint there is. `last` ends the worker: the engine may have kept something.
type refusal struct {
	complaints []complaint
	last       bool
}

func (r *refusal) Error() string { return fmt.Sprint(r.complaints) }

func refuse(complaints ...complaint) error { return &refusal{complaints: complaints} }

func refusef(format string, values ...any) error {
	return refuse(complaint{Text: fmt.Sprintf(format, values...)})
}

// excess says that a bound was reached.
type excess struct{ what string }

func (e *excess) Error() string { return "limit reached: " + e.what }

// request is one question with its way back to the caller's files.
type request struct {
	name      string
	arguments json.RawMessage
	limits    limits
	tree      *tree
	last      bool // set by an operation that leaves global state behind
}

func newRequest(l *link, question frame) *request {
	bounds := limitsMost.lowered(question.Limits)
	return &request{name: question.Operation, arguments: question.Arguments, limits: bounds, tree: newTree(l, bounds)}
}

// decode reads the arguments; an unknown argument is our own fault, not the user's.
func (r *request) decode(into any) error {
	decoder := json.NewDecoder(bytes.NewReader(r.arguments))
	decoder.DisallowUnknownFields()
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("arguments of %s: %w", r.name, err)
	}
	return nil
}

func encodeAnswer(value any, most int) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, fmt.Errorf("encoding the answer: %w", err)
	}
	if out.Len() > most {
		return nil, &excess{fmt.Sprintf("the answer has %d bytes, allowed are %d", out.Len(), most)}
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}

// link is the pipe to the caller: a big-endian length, a JSON header, and the payload whose size the header names.
type link struct {
	in  *bufio.Reader
	out *bufio.Writer
}

func (l *link) write(header frame, payload []byte) error {
	header.Size = len(payload)
	text, err := json.Marshal(header)
	if err != nil {
		return err
	}
	var length [4]byte
	binary.BigEndian.PutUint32(length[:], uint32(len(text)))
	for _, part := range [][]byte{length[:], text, payload} {
		if _, err := l.out.Write(part); err != nil {
			return err
		}
	}
	return l.out.Flush()
}

func (l *link) read() (frame, []byte, error) {
	var length [4]byte
	var header frame
	if _, err := io.ReadFull(l.in, length[:]); err != nil {
		return header, nil, err
	}
	size := binary.BigEndian.Uint32(length[:])
	if size > headerBytesMax {
		return header, nil, fmt.Errorf("a frame of %d bytes", size)
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(l.in, text); err != nil {
		return header, nil, err
	}
	if err := json.Unmarshal(text, &header); err != nil {
		return header, nil, fmt.Errorf("a frame that is no JSON: %w", err)
	}
	if header.Size < 0 || header.Size > payloadBytesMax {
		return header, nil, fmt.Errorf("a payload of %d bytes", header.Size)
	}
	payload := make([]byte, header.Size)
	_, err := io.ReadFull(l.in, payload)
	return header, payload, err
}

// silence keeps engines from talking: their words on stdout would break the pipe, and on stderr could hold user data.
// What the Go runtime itself says when it dies goes to the real stderr.
func silence() {
	if nowhere, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stdout, os.Stderr = nowhere, nowhere
	}
	log.SetOutput(io.Discard)
	slog.SetDefault(slog.New(slog.DiscardHandler))
}
