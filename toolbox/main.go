// The toolbox answers requests over a pipe with the field's own engines: Kustomize, Helm, Jsonnet, Kubernetes' YAML.
//
// It decides nothing, opens no file and talks to nobody but the process that started it: before the first request it
// confines itself for good, and every file that an engine looks at is asked for over the same pipe.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
)

func main() {
	link := &link{in: bufio.NewReaderSize(os.Stdin, 1<<16), out: bufio.NewWriterSize(os.Stdout, 1<<16)}
	silence()
	if err := serve(link, confine()); err != nil && !errors.Is(err, io.EOF) {
		os.Exit(1)
	}
}

// serve answers one request after the other until the caller closes the pipe.
func serve(l *link, held confinement) error {
	if err := l.write(frame{Hello: &hello{Confinement: held, Versions: versions()}}, nil); err != nil {
		return err
	}
	for {
		question, _, err := l.read()
		if err != nil {
			return err
		}
		r := newRequest(l, question)
		answer, payload := r.answer()
		answer.Last = answer.Last || isWornOut()
		if err := l.write(answer, payload); err != nil {
			return err
		}
	}
}

// answer runs the operation; whatever an engine does to us becomes an answer, and after a failure a worker is not trusted again.
func (r *request) answer() (answer frame, payload []byte) {
	defer func() {
		if cause := recover(); cause != nil {
			answer, payload = failure(cause), nil
		}
	}()
	operation, known := operations[r.name]
	if !known {
		return failure(fmt.Errorf("there is no operation %q", r.name)), nil
	}
	value, err := operation(r)
	if err != nil {
		return failure(err), nil
	}
	payload, err = encodeAnswer(value, r.limits.OutputBytes)
	if err != nil {
		return failure(err), nil
	}
	return frame{Answer: "result", Last: r.last}, payload
}

// failure turns what went wrong into the error frame. A refusal of `yaml` or `semver` leaves no trace in the engine; see `refusal.last`.
func failure(cause any) frame {
	switch cause := cause.(type) {
	case *refusal:
		return frame{Answer: "error", Last: cause.last, Error: &answerError{Kind: "refused", Complaints: cause.complaints}}
	case *excess:
		return frame{Answer: "error", Last: true, Error: &answerError{Kind: "limit", Complaints: []complaint{{Text: cause.Error()}}}}
	case error:
		return bug(cause.Error())
	default:
		return bug(fmt.Sprintf("panic: %v\n%s", cause, debug.Stack()))
	}
}

func bug(text string) frame {
	return frame{Answer: "error", Last: true, Error: &answerError{Kind: "bug", Complaints: []complaint{{Text: text}}}}
}
