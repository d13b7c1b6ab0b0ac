package predict_test

import (
	"fmt"

	"growlab/growth/predict"
)

// Losses of five sizes say what a sixth would have.
func ExampleOf() {
	fit, err := predict.Of([]predict.Point{{X: 8.53e6, Loss: 3.9181}, {X: 21.56e6, Loss: 3.6054}, {X: 39.09e6, Loss: 3.4431}, {X: 61.12e6, Loss: 3.3542}, {X: 87.65e6, Loss: 3.2902}})
	if err != nil {
		fmt.Println(err)
		return
	}
	p := fit.At(194.24e6)
	fmt.Printf("%.2f, between %.2f and %.2f, %.1f times beyond the points\n", p.Loss, p.Low, p.High, p.Beyond)
	// Output: 3.17, between 3.12 and 3.22, 2.2 times beyond the points
}
