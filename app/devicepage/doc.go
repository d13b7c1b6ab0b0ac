// Package devicepage is the page on what this machine has to train on: its processor, which kernels and precision were chosen
// and why, memory, GPUs with what they do at this moment, and what doctor found, with what to do about it.
//
// The page is told everything (Show, Now, Threads) and asks for what it needs by Actions; it looks at nothing itself.
package devicepage
