package store

import (
	"fmt"
	"syscall"
)

// networkDisks are the f_type values (statfs(2), linux/magic.h and the file systems' own sources) on which the shared
// memory and the locks of SQLite's write-ahead log cannot be trusted.
var networkDisks = map[uint32]string{
	0x6969:     "nfs",
	0xff534d42: "cifs",
	0xfe534d42: "smb2",
	0x517b:     "smb",
	0x0bd00bd0: "lustre",
	0x65735546: "fuse",
	0x00c36400: "ceph",
	0x5346414f: "afs",
	0x6b414653: "afs",
	0x01021997: "9p",
	0x47504653: "gpfs",
	0x19830326: "beegfs",
	0xaad7aaea: "panfs",
	0x73757245: "coda",
	0x564c:     "ncp",
	0x7461636f: "ocfs2",
	0x01161970: "gfs2",
}

// checkDisk refuses folders on a network file system.
func checkDisk(dir string) error {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		return fmt.Errorf("folder %s: %w", dir, err)
	}
	return refuseNetwork(dir, uint32(disk.Type))
}

func refuseNetwork(dir string, magic uint32) error {
	kind, refused := networkDisks[magic]
	if !refused {
		return nil
	}
	return fmt.Errorf("the folder %s is on a network file system (%s), where a run file would not be safe: "+
		"set GROWLAB_HOME to a folder on a local disk", dir, kind)
}
