package ranks

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// firstSpecialStep is the first of Slurm's step numbers that no srun has: of batch scripts, interactive shells and the like
// (SLURM_BATCH_SCRIPT and its neighbours in slurm.h).
const firstSpecialStep = 1<<32 - 16

// slurm reads what srun sets for each task. A batch script without srun, and a shell for a person, are alone.
func slurm(v *variables) (World, error) {
	if !v.has("SLURM_JOB_ID") || slices.Contains([]string{"bash", "interactive"}, v.env("SLURM_JOB_NAME")) {
		return World{}, nil
	}
	step := v.first("SLURM_STEP_ID", "SLURM_STEPID")
	if n, err := strconv.ParseUint(step, 10, 64); step == "" || err == nil && n >= firstSpecialStep {
		return unused(v), nil
	}
	w := World{
		Launcher: "Slurm", LocalRank: v.number("SLURM_LOCALID"), Restarts: v.number("SLURM_RESTART_COUNT"),
		Job: "slurm-" + v.env("SLURM_JOB_ID") + "." + step,
	}
	for _, name := range []string{"SLURM_PROCID", "SLURM_LOCALID"} {
		if !v.has(name) {
			return World{}, fmt.Errorf("the environment is half set: %s is missing in step %s of Slurm job %s; srun sets it", name, step, v.env("SLURM_JOB_ID"))
		}
	}
	size := v.first("SLURM_STEP_NUM_TASKS", "SLURM_NTASKS", "SLURM_NPROCS")
	var err error
	if w.Size, err = strconv.Atoi(size); err != nil {
		return World{}, fmt.Errorf("the environment is half set: SLURM_STEP_NUM_TASKS is %q in step %s of Slurm job %s; srun sets it to the number of tasks",
			size, step, v.env("SLURM_JOB_ID"))
	}
	w.Rank = v.number("SLURM_PROCID")
	if w.LocalSize, err = tasksOf(v.first("SLURM_STEP_TASKS_PER_NODE", "SLURM_TASKS_PER_NODE"), v.number("SLURM_NODEID")); err != nil {
		return World{}, err
	}
	return w, v.or(w.check())
}

// unused is the world of a process in a Slurm job that srun did not start.
func unused(v *variables) World {
	n := v.number("SLURM_NTASKS")
	if n <= 1 {
		return World{}
	}
	return World{Warning: fmt.Sprintf("Slurm gave this job %d tasks, but srun did not start this process, so it trains alone: put srun before growlab to use them all", n)}
}

// tasksOf reads the number of tasks of node i from a list such as "4(x2),2"; 0 if there is no list.
func tasksOf(list string, i int) (int, error) {
	if list == "" {
		return 0, nil
	}
	for part := range strings.SplitSeq(list, ",") {
		tasks, times, repeated := strings.Cut(part, "(x")
		n, err := strconv.Atoi(tasks)
		count := 1
		if repeated && err == nil {
			count, err = strconv.Atoi(strings.TrimSuffix(times, ")"))
		}
		if err != nil || n < 1 || count < 1 {
			return 0, fmt.Errorf("SLURM_STEP_TASKS_PER_NODE is %q; it must be like 4(x2),2", list)
		}
		if i < count {
			return n, nil
		}
		i -= count
	}
	return 0, nil // of an older step; the number is of use, not needed
}

// maxHosts bounds the expansion of a list of hosts.
const maxHosts = 1 << 16

// firstHost is the first of a list of hosts as Slurm writes it.
func firstHost(list string) (string, error) {
	hosts, err := Hosts(list)
	if err != nil {
		return "", err
	}
	return hosts[0], nil
}

// Hosts expands a list of hosts as Slurm writes it: "login,node[01-03,7],gpu[1-2]-ib[0-1]". Ranges keep their leading zeros.
func Hosts(list string) ([]string, error) {
	var all []string
	for _, part := range splitOutside(list) {
		hosts, err := expand(part)
		if err == nil && len(all)+len(hosts) > maxHosts {
			err = fmt.Errorf("it names more than %d hosts", maxHosts)
		}
		if err != nil {
			return nil, fmt.Errorf("list of hosts %q: %w", list, err)
		}
		all = append(all, hosts...)
	}
	return all, nil
}

// splitOutside splits at the commas that stand in no brackets.
func splitOutside(list string) (parts []string) {
	depth, from := 0, 0
	for i, r := range list {
		switch r {
		case '[':
			depth++
		case ']':
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, list[from:i])
				from = i + 1
			}
		}
	}
	return append(parts, list[from:])
}

// expand is all names of one pattern with any number of bracketed lists.
func expand(pattern string) ([]string, error) {
	head, rest, bracketed := strings.Cut(pattern, "[")
	if !bracketed {
		if pattern == "" || strings.Contains(pattern, "]") {
			return nil, fmt.Errorf("%q is no name", pattern)
		}
		return []string{pattern}, nil
	}
	inside, tail, closed := strings.Cut(rest, "]")
	if !closed || strings.Contains(inside, "[") || strings.Contains(head, "]") {
		return nil, fmt.Errorf("the brackets of %q do not match", pattern)
	}
	tails := []string{""}
	if tail != "" {
		var err error
		if tails, err = expand(tail); err != nil {
			return nil, err
		}
	}
	var all []string
	for item := range strings.SplitSeq(inside, ",") {
		numbers, err := numbers(item)
		if err != nil {
			return nil, err
		}
		if len(all)+len(numbers)*len(tails) > maxHosts {
			return nil, fmt.Errorf("it names more than %d hosts", maxHosts)
		}
		for _, n := range numbers {
			for _, t := range tails {
				all = append(all, head+n+t)
			}
		}
	}
	return all, nil
}

// numbers is a number or a range of them, as text of the width of the first: "08-10".
func numbers(item string) ([]string, error) {
	from, to, ranged := strings.Cut(item, "-")
	if !ranged {
		to = from
	}
	first, err1 := strconv.ParseUint(from, 10, 32)
	last, err2 := strconv.ParseUint(to, 10, 32)
	if err1 != nil || err2 != nil || last < first || last-first >= maxHosts {
		return nil, fmt.Errorf("%q is no number or range such as 01-16", item)
	}
	var all []string
	for n := first; n <= last; n++ {
		all = append(all, fmt.Sprintf("%0*d", len(from), n))
	}
	return all, nil
}
