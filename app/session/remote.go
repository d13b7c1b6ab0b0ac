package session

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"growlab/trainer/control"
)

// remotes are the runs of other machines that a Home shows, and the ways to those machines.
type remotes struct {
	mu    sync.Mutex
	list  []*remote
	lines map[string]*line
}

// remote is a run on another machine. Everything goes through the system's ssh: what happened so far is printed by growlab runs
// events there, and the socket of the engine is forwarded to one here. Nothing listens on a network.
type remote struct {
	*line
	id   string                       // of the run there
	tell func(name string, why error) // of a connection that broke, and of one that is back

	mu      sync.Mutex
	info    Info
	lost    error     // why the machine cannot be reached; nil if it can
	asked   time.Time // when info was asked for
	watched int       // by how many calls of watch
	forward *forward  // nil until it is needed, and after it broke
	copied  string    // folder with a copy of the run; "" for none
}

// splitTarget splits "host:RUN".
func splitTarget(target string) (host, run string, err error) {
	host, run, ok := strings.Cut(target, ":")
	if !ok || host == "" || run == "" {
		return "", "", Usagef("%q does not say where a run is; it must be host:RUN, for example gpu-box:flm-10m", target)
	}
	if strings.HasPrefix(host, "-") || strings.HasPrefix(run, "-") || strings.ContainsAny(host, " \t\n'\"") {
		return "", "", Usagef("%q names no machine and run", target)
	}
	return host, run, nil
}

// Attach connects to a run of another machine by ssh, "host:RUN", where RUN is an id, its beginning or a name there. Runs lists
// it from then on, and what is done with a run works on it, by the id "host:ID", but for Find: growlab there does it. If Ask is set, ssh
// may ask on the terminal for what lets it in; all connections after that share the first.
func (h *Home) Attach(ctx context.Context, target string) (Info, error) {
	host, run, err := splitTarget(target)
	if err != nil {
		return Info{}, err
	}
	l, err := h.line(host)
	if err != nil {
		return Info{}, fmt.Errorf("attach to %s: %w", target, err)
	}
	r := &remote{line: l, id: run, tell: func(id string, why error) {
		if h.Line != nil {
			h.Line(id, why)
		}
	}}
	asked := l.ask(h.Ask)
	_, err = r.show(ctx)
	asked()
	if err != nil {
		return Info{}, fmt.Errorf("attach to %s: %w", target, err)
	}
	r.id = r.info.ID // of which a person may have given the beginning, or the name
	l.keep()
	return h.add(r).listed(), nil
}

// add lists r, or brings up to date what is listed of its run.
func (h *Home) add(r *remote) *remote {
	h.remotes.mu.Lock()
	defer h.remotes.mu.Unlock()
	for _, o := range h.remotes.list {
		if o.name() == r.name() {
			o.found(r.info)
			return o
		}
	}
	h.remotes.list = append(h.remotes.list, r)
	return r
}

// Detach ends all connections to other machines.
func (h *Home) Detach() {
	h.remotes.mu.Lock()
	defer h.remotes.mu.Unlock()
	for _, r := range h.remotes.list {
		r.close()
	}
	for _, l := range h.remotes.lines {
		l.close()
	}
	h.remotes.list, h.remotes.lines = nil, nil
}

// remote is the run of another machine that has an id here; nil if id is of a run of this one.
func (h *Home) remote(id string) *remote {
	h.remotes.mu.Lock()
	defer h.remotes.mu.Unlock()
	for _, r := range h.remotes.list {
		if r.name() == id {
			return r
		}
	}
	return nil
}

// attached lists the runs of other machines. What it says of those that train and that nobody watches is asked for anew now and then,
// in the background.
func (h *Home) attached() []Info {
	h.remotes.mu.Lock()
	defer h.remotes.mu.Unlock()
	infos := []Info{}
	for _, r := range h.remotes.list {
		if r.due() {
			go r.renew()
		}
		infos = append(infos, r.listed())
	}
	return infos
}

// renewEvery is how old news of a run may be that nobody watches; a test lowers it.
var renewEvery = 15 * time.Second

// renewWait is how long news may take.
const renewWait = 30 * time.Second

// due reports whether to ask for news, and takes them for asked for.
func (r *remote) due() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.watched > 0 || !r.info.Live() || r.lost != nil && !passing(r.lost) || time.Since(r.asked) < renewEvery {
		return false
	}
	r.asked = time.Now().Add(renewWait) // not again before this is over
	return true
}

func (r *remote) renew() {
	ctx, cancel := context.WithTimeout(context.Background(), renewWait)
	defer cancel()
	_, err := r.show(ctx)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		r.lose(&lineError{r.host + " does not answer", false})
	default:
		r.lose(err)
	}
}

// name is the id of r here.
func (r *remote) name() string { return r.host + ":" + r.id }

// listed is r as the list of runs here shows it.
func (r *remote) listed() Info {
	r.mu.Lock()
	defer r.mu.Unlock()
	info := r.info
	info.ID = r.name()
	info.Name += " @ " + r.host
	if info.Parent != "" {
		info.Parent = r.host + ":" + info.Parent
	}
	info.File = r.host + ":" + info.File
	if r.lost != nil {
		info.Lost = r.lost.Error()
	}
	return info
}

// show asks the other machine for the run, and returns the socket of its engine there, "" if no engine works on it.
func (r *remote) show(ctx context.Context) (socket string, err error) {
	var answer struct {
		Run    Info   `json:"run"`
		Socket string `json:"socket"`
	}
	if err := r.ask(ctx, &answer, "runs", "show", r.id, "--json"); err != nil {
		return "", err
	}
	if answer.Run.ID == "" {
		return "", r.noAnswer()
	}
	r.found(answer.Run)
	return answer.Socket, nil
}

// found notes what the run is now, of a machine that can be reached.
func (r *remote) found(info Info) {
	r.mu.Lock()
	r.info, r.asked = info, time.Now()
	was := r.lost
	r.lost = nil
	r.mu.Unlock()
	if passing(was) {
		r.tell(r.name(), nil)
	}
}

// lose notes that the machine cannot be reached.
func (r *remote) lose(why error) {
	r.mu.Lock()
	first := r.lost == nil
	r.lost, r.asked = why, time.Now()
	r.mu.Unlock()
	if first && passing(why) {
		r.tell(r.name(), why)
	}
}

// client reaches the engine, through the forwarded socket there is or a new one.
func (r *remote) client(ctx context.Context) (*control.Client, error) {
	r.mu.Lock()
	f := r.forward
	r.mu.Unlock()
	if f != nil {
		if c, err := control.DialPath(ctx, r.id, f.here); err == nil {
			return c, nil
		}
	}
	socket, err := r.show(ctx)
	if err != nil {
		return nil, err
	}
	if socket == "" {
		return nil, fmt.Errorf("run %s is not running: %w", r.name(), control.ErrNoEngine)
	}
	return r.open(ctx, socket)
}

func (r *remote) send(ctx context.Context, c control.Command) error {
	client, err := r.client(ctx)
	if err != nil {
		return err
	}
	return client.Send(ctx, c)
}

// close ends what is there for this run alone.
func (r *remote) close() {
	r.mu.Lock()
	f, copied := r.forward, r.copied
	r.forward, r.copied = nil, ""
	r.mu.Unlock()
	if f != nil {
		f.close()
	}
	if copied != "" {
		_ = os.RemoveAll(copied) // a temporary folder
	}
}
