package predict

// Student is the 97.5 % quantile of Student's t for dof degrees of freedom, at least 1: half the width of a 95 % interval, in
// standard errors.
func Student(dof int) float64 { return student(max(dof, 1)) }
