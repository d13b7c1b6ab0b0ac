package cuda

import "growlab/cudart"

// GPU is the one that the device computes on, for whoever measures it.
func (d *device) GPU() cudart.Properties { return d.props }
