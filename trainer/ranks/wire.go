package ranks

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"syscall"
)

// kind is what a message is. Those of an operation must meet the same operation at the other end.
type kind uint8

const (
	failure   kind = iota + 1 // a PeerError: the sender ends
	goodbye                   // the sender ends in good order
	stopAsked                 // a person, or the system, asks the sender to stop
	note                      // the newest replaces older ones
	broadcast                 // operations from here on
	gather
	vector
)

var kindNames = map[kind]string{broadcast: "broadcast", gather: "gather", vector: "sum of vectors"}

func (k kind) String() string { return kindNames[k] }

// maxMessage bounds what a broken peer can make us allocate, in bytes. Tensors are sent one by one.
const maxMessage = 1 << 34

// A message is its kind and length, 8 bytes little-endian with the kind on top, and its bytes.

func writeMessage(w io.Writer, k kind, b []byte) error {
	var head [8]byte
	binary.LittleEndian.PutUint64(head[:], uint64(k)<<56|uint64(len(b)))
	if _, err := w.Write(head[:]); err != nil {
		return err
	}
	_, err := w.Write(b)
	return err
}

func readMessage(r io.Reader, most uint64) (kind, []byte, error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	word := binary.LittleEndian.Uint64(head[:])
	k, n := kind(word>>56), word&(1<<56-1)
	if n > most {
		return 0, nil, fmt.Errorf("a message of %d bytes, at most %d are taken", n, most)
	}
	b := make([]byte, n)
	_, err := io.ReadFull(r, b)
	return k, b, err
}

// PeerError is why another rank ended.
type PeerError struct {
	Rank int    `json:"rank"`
	Host string `json:"host"`
	Text string `json:"text"`
}

func (e *PeerError) Error() string { return fmt.Sprintf("rank %d on %s: %s", e.Rank, e.Host, e.Text) }

// message is one that waits to be taken.
type message struct {
	kind kind
	data []byte
}

// link is the connection with one other rank.
type link struct {
	rank int
	host string
	conn net.Conn

	writing sync.Mutex
	out     *bufio.Writer
	in      chan message
	lost    chan struct{} // closed when no more will come
	err     error         // why; set before lost is closed
}

func newLink(rank int, host string, conn net.Conn) *link {
	return &link{rank: rank, host: host, conn: conn, out: bufio.NewWriterSize(conn, 64<<10), in: make(chan message, 1), lost: make(chan struct{})}
}

// read takes what comes until the connection ends. ended is closed when nobody takes messages any more.
func (l *link) read(g *Group) {
	err := l.receive(bufio.NewReaderSize(l.conn, 64<<10), g)
	var peer *PeerError
	if !errors.As(err, &peer) {
		err = &PeerError{l.rank, l.host, "the connection broke: " + err.Error()}
	}
	l.err = err
	close(l.lost)
	g.lose(err)
}

func (l *link) died() error { return &PeerError{l.rank, l.host, "it died, or its machine did"} }

// gone reports whether a connection ended because the other side did. One that dies with unread messages resets it.
func gone(err error) bool {
	return slices.ContainsFunc([]error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE}, func(e error) bool { return errors.Is(err, e) })
}

func (l *link) receive(r io.Reader, g *Group) error {
	for {
		k, data, err := readMessage(r, maxMessage)
		if gone(err) {
			return l.died()
		}
		if err != nil {
			return err
		}
		switch k {
		case failure:
			e := new(PeerError)
			if err := json.Unmarshal(data, e); err != nil {
				return err
			}
			return e
		case goodbye:
			return &PeerError{l.rank, l.host, "it has ended"}
		case stopAsked:
			g.asked()
		case note:
			g.noted(l.rank, data)
		default:
			select {
			case l.in <- message{k, data}:
			case <-g.ended:
				return net.ErrClosed
			}
		}
	}
}

// send writes one message.
func (l *link) send(k kind, b []byte) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	err := writeMessage(l.out, k, b)
	if err == nil {
		err = l.out.Flush()
	}
	if err == nil {
		return nil
	}
	select {
	case <-l.lost: // it said why
		return l.err
	default:
		if gone(err) {
			return l.died()
		}
		return &PeerError{l.rank, l.host, "the connection broke: " + err.Error()}
	}
}

// take waits for the next message, which must be of kind k.
func (l *link) take(k kind) ([]byte, error) {
	var m message
	select {
	case m = <-l.in:
	default:
		select {
		case m = <-l.in:
		case <-l.lost:
			select {
			case m = <-l.in: // it came before the end
			default:
				return nil, l.err
			}
		}
	}
	if m.kind != k {
		return nil, fmt.Errorf("rank %d on %s is at a %v where this one is at a %v: the ranks do not do the same", l.rank, l.host, m.kind, k)
	}
	return m.data, nil
}
