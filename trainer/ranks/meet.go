package ranks

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// meeting is what rank 0 writes into the file where ranks meet.
type meeting struct {
	Places []string `json:"places"` // host:port, to be tried in order
	Token  string   `json:"token"`  // known to who can read the file
}

// open listens where the others will come: on no more of this machine than they need.
func (w World) open(ctx context.Context) (l net.Listener, token string, err error) {
	if w.File != "" {
		return w.openFile(ctx)
	}
	lc := net.ListenConfig{KeepAliveConfig: keepAlive}
	l, err = lc.Listen(ctx, "tcp", net.JoinHostPort(w.bindTo(ctx), strconv.Itoa(w.Port)))
	if err != nil {
		err = fmt.Errorf("port %d cannot be listened at; choose another with %s: %w", w.Port, EnvPort, err)
	}
	return l, "", err
}

// bindTo is the address to listen at: loopback if all are here, else the one that the others will call, if this machine has it.
// "" is all of them, where the name means nothing here, or loopback while others come from elsewhere.
func (w World) bindTo(ctx context.Context) string {
	var r net.Resolver
	ips, err := r.LookupIPAddr(ctx, w.Address)
	if err != nil {
		return ""
	}
	ours := ownAddresses()
	for _, ip := range ips {
		loopback := ip.IP.IsLoopback()
		if loopback && (w.oneMachine() || net.ParseIP(w.Address) != nil || w.Address == "localhost") ||
			!loopback && slices.ContainsFunc(ours, ip.IP.Equal) {
			return ip.IP.String()
		}
	}
	return ""
}

// ownAddresses are those of this machine that others may reach.
func ownAddresses() (ips []net.IP) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLoopback() && !n.IP.IsLinkLocalUnicast() {
			ips = append(ips, n.IP)
		}
	}
	return ips
}

// openFile listens at a port of the system's choice and writes into the file where that is. What an earlier launch left there is
// replaced.
func (w World) openFile(ctx context.Context) (_ net.Listener, token string, err error) {
	host := ""
	if w.oneMachine() {
		host = "127.0.0.1"
	}
	lc := net.ListenConfig{KeepAliveConfig: keepAlive}
	l, err := lc.Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return nil, "", err
	}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	m := meeting{Token: rand.Text()}
	for _, ip := range ownAddresses() {
		m.Places = append(m.Places, net.JoinHostPort(ip.String(), port))
	}
	if host != "" || len(m.Places) == 0 {
		m.Places = []string{net.JoinHostPort("127.0.0.1", port)}
	}
	if err := writeMeeting(w.File, m); err != nil {
		return nil, "", errors.Join(err, l.Close())
	}
	return l, m.Token, nil
}

// writeMeeting makes the file appear whole, readable by this user alone.
func writeMeeting(path string, m meeting) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("meeting file: %w", err)
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("meeting file: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

func readMeeting(path string) (places []string, token string, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, "", fmt.Errorf("meeting file: %w", err)
	}
	var m meeting
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, "", fmt.Errorf("meeting file %s: %w", path, err)
	}
	return m.Places, m.Token, nil
}

// closeFile removes the meeting file.
func (w World) closeFile() error {
	if w.File == "" {
		return nil
	}
	if err := os.Remove(w.File); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("meeting file: %w", err)
	}
	return nil
}
