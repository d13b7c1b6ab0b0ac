package store

import "fmt"

// LimitPages makes SQLite say that the disk is full once the file has n pages; 0 means those it has now.
func (r *Run) LimitPages(n int64) error {
	if n == 0 {
		if err := r.db.QueryRow("PRAGMA page_count").Scan(&n); err != nil {
			return err
		}
	}
	return r.db.QueryRow(fmt.Sprintf("PRAGMA max_page_count=%d", n)).Scan(new(int64))
}

// NoLimit is for LimitPages.
const NoLimit = 1 << 30

// QueueMost makes Emit wait when n events are queued.
func (r *Run) QueueMost(n int) {
	r.queue.mu.Lock()
	defer r.queue.mu.Unlock()
	r.queue.most = n
}
