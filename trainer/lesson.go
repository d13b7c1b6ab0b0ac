package trainer

import (
	"growlab/trainer/compute"
	"growlab/trainer/data"
	"growlab/trainer/model"
)

// span is a range of sequences of one kind, texts or lessons, numbered apart from the beginning of the run.
type span struct{ first, end int64 }

func (s span) len() int { return int(s.end - s.first) }

// cut tells the texts from the lessons among the sequences first to end of the run. Without a teacher all are texts.
func (t *Trainer) cut(first, end int64) (texts, lessons span) {
	a, b := t.Recipe.Taught(first), t.Recipe.Taught(end)
	return span{first - a, end - b}, span{a, b}
}

// read adds the gradient of texts, each token's times scale, and the sum of their losses to t.loss. With ahead, gradients of a layer are
// summed over the ranks while those of the layers before it are still computed.
func (t *Trainer) read(texts span, context, micro int, scale float64, ahead bool) {
	order := t.Data.Order(t.Recipe.Train.Seed)
	defer func() { t.net.OnLayer = nil }()
	for s := texts; s.first < s.end; s.first += int64(micro) {
		if ahead && s.len() <= micro { // the last: they are complete then
			t.net.OnLayer = func(layer int) { t.adam.Reduce(t.net, layer) }
		}
		b := newBatch(min(micro, s.len()), context)
		order.Fill(s.first, b.Seqs, b.T, b.Inputs, b.Targets)
		t.net.Learn(b, scale, t.loss)
	}
}

// learn adds the gradient of lessons, each label's times scale.
func (t *Trainer) learn(lessons span, context, micro int, scale float64) {
	if lessons.len() == 0 {
		return
	}
	from := t.Data.Teacher.Lessons(t.Recipe.Train.Seed)
	for s := lessons; s.first < s.end; s.first += int64(micro) {
		b := newBatch(min(micro, s.len()), context)
		from.Fill(s.first, b.Seqs, b.T, b.Inputs, b.Targets)
		t.net.Learn(b, scale, nil)
	}
}

// labelScale makes the lessons of a batch of seqs sequences weigh as their share of it, each of their labels the same.
func (t *Trainer) labelScale(lessons span, seqs, context int) float64 {
	if lessons.len() == 0 {
		return 0
	}
	labels := t.Data.Teacher.Lessons(t.Recipe.Train.Seed).Labels(lessons.first, lessons.len(), context)
	return float64(lessons.len()) / float64(seqs) / float64(labels)
}

// examine asks the network for the labels of the held-out propositions, and returns how many it gets right and how many there are.
// The likelier of the two labels is its answer.
func (t *Trainer) examine() (right, asked float64, err error) {
	if t.Data.Teacher == nil {
		return 0, 0, nil
	}
	context, most := t.net.Config.Context, min(model.LogitSeqs(t.net.Config), t.micro(t.stage))
	exam := t.Data.Teacher.Exam(context)
	for first, end := t.share(exam.Sequences()); first < end; first += most {
		b := newBatch(min(most, end-first), context)
		asked += float64(exam.Fill(first, b.Seqs, b.T, b.Inputs, b.Targets))
		right += float64(answered(b, t.net.Logits(b)))
	}
	if right, err = t.Ranks.Sum(right); err != nil {
		return 0, 0, err
	}
	asked, err = t.Ranks.Sum(asked)
	return right, asked, err
}

// answered counts the targets of b that are the likelier label. logits: (rows, V).
func answered(b compute.Batch, logits []float32) (right int) {
	vocab := len(logits) / len(b.Targets)
	for row, target := range b.Targets {
		if target == data.NoTarget {
			continue
		}
		z := logits[row*vocab:][:vocab]
		answer := int32(data.Wrong)
		if z[data.Right] > z[data.Wrong] {
			answer = data.Right
		}
		if answer == target {
			right++
		}
	}
	return right
}
