package session

import (
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
)

// lineError is why another machine cannot be reached.
type lineError struct {
	sentence string
	// lasting says that to try again by itself helps nothing: a person has to do something about it.
	lasting bool
}

func (e *lineError) Error() string { return e.sentence }

// passing reports whether what failed may go well the next time.
func passing(err error) bool {
	var e *lineError
	return errors.As(err, &e) && !e.lasting
}

// Unreachable reports whether err says that another machine cannot be reached, not that something is wrong with a run there.
func Unreachable(err error) bool {
	var e *lineError
	return errors.As(err, &e)
}

// sshFailed is the exit code of ssh when it is ssh that failed, and notFound the shell's for a program that is not there.
const sshFailed, notFound = 255, 127

// failure is why ssh, or growlab on the other machine, failed, of which they printed something.
func (l *line) failure(err error, printed string) error {
	said := lastWord(printed)
	code := -1
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		code = exit.ExitCode()
	}
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return &lineError{"there is no ssh on this machine; install an OpenSSH client", true}
	case code == sshFailed:
		return l.sshFailure(printed, said)
	case code == notFound:
		return fmt.Errorf("%s has no %s on the PATH of ssh; set GROWLAB_REMOTE to its path there", l.host, remoteProgram())
	case tooOld(said):
		said, _, _ = strings.Cut(strings.TrimPrefix(said, "growlab: "), "; see ") // help of a program that is not here
		return fmt.Errorf("growlab on %s is older than this one (%s); install the same version there", l.host, said)
	case said != "":
		return errors.New(strings.TrimPrefix(said, "growlab: "))
	}
	return fmt.Errorf("ssh %s: %w", l.host, err)
}

// sshFailure is the sentence for an ssh that could not do its work, with what helps.
func (l *line) sshFailure(printed, said string) error {
	switch {
	case strings.Contains(printed, "IDENTIFICATION HAS CHANGED"):
		return &lineError{fmt.Sprintf("the host key of %s is another than the one known here, so ssh does not connect; if that machine was set up anew, "+
			"ssh-keygen -R forgets the old key, and ssh %s in a terminal takes the new one", l.host, l.host), true}
	case strings.Contains(printed, "Host key verification failed"):
		return &lineError{fmt.Sprintf("the host key of %s is not known here yet; run ssh %s once in a terminal, and agree to it", l.host, l.host), true}
	case strings.Contains(printed, "Permission denied") && !l.isAsking():
		return &lineError{fmt.Sprintf("%s lets nobody in without asking, and ssh cannot ask here (%s); ssh-copy-id %s sets up a key, "+
			"and growlab attach in a terminal lets ssh ask", l.host, denial(printed), l.host), true}
	case strings.Contains(printed, "Permission denied"):
		return &lineError{said, true}
	case said == "":
		return &lineError{"the connection to " + l.host + " broke", false}
	}
	return &lineError{strings.TrimPrefix(said, "ssh: "), false}
}

// denial is the line of ssh that says what the other machine would have taken.
func denial(printed string) string {
	for l := range strings.Lines(printed) {
		if i := strings.Index(l, "Permission denied"); i >= 0 {
			return strings.TrimRight(strings.TrimSpace(l[i:]), ".")
		}
	}
	return ""
}

// tooOld reports whether growlab there did not know a word of ours, or of the engine that wrote the run.
func tooOld(said string) bool {
	return slices.ContainsFunc([]string{"there is no command", "unknown flag", "unknown kind"}, func(s string) bool { return strings.Contains(said, s) })
}

// lastWord is the last line that says why: of growlab if it says something, else one of ssh that is not about the connections it
// shares.
func lastWord(printed string) string {
	last := ""
	for l := range strings.Lines(printed) {
		switch l = strings.TrimSpace(l); {
		case strings.HasPrefix(l, "growlab: "):
			return l
		case l == "", strings.HasPrefix(l, "mux_client_"), strings.HasPrefix(l, "ControlSocket "), strings.HasPrefix(l, "Control socket "),
			strings.HasPrefix(l, "Shared connection to "), strings.HasPrefix(l, "Warning: Permanently added"), strings.HasPrefix(l, "Connection to ") && strings.HasSuffix(l, " closed."):
		default:
			last = l
		}
	}
	return last
}
