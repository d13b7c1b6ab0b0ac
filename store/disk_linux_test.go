package store

import "testing"

func TestNetworkDisks(t *testing.T) {
	for magic, kind := range map[uint32]string{0x6969: "nfs", 0xff534d42: "cifs", 0x0bd00bd0: "lustre", 0x65735546: "fuse"} {
		err := refuseNetwork("/home/me", magic)
		want := "the folder /home/me is on a network file system (" + kind + "), where a run file would not be safe: set GROWLAB_HOME to a folder on a local disk"
		if err == nil || err.Error() != want {
			t.Errorf("%#x:\n got %v\nwant %s", magic, err, want)
		}
	}
	for name, magic := range map[string]uint32{"ext4": 0xef53, "tmpfs": 0x01021994, "overlay": 0x794c7630, "btrfs": 0x9123683e, "xfs": 0x58465342} {
		if err := refuseNetwork("/home/me", magic); err != nil {
			t.Errorf("%s: got %v, want none", name, err)
		}
	}
}
