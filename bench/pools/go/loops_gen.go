// Code generated from loops.in by generate. DO NOT EDIT.

package pools

func (w *allockitWorker) Pairs(n, size int) {
	for range n {
		b := w.get(size)
		w.put(b)
	}
}

func (w *allockitWorker) Mixed(n int) {
	for i := range n {
		b := w.get(mixedSizes[i%4])
		w.put(b)
	}
}

func (w *allockitWorker) Reset(n int) {
	for range n {
		b := w.get(4096)
		clear(w.bytes(b))
		w.put(b)
	}
}

func (w *allockitWorker) Load(stop <-chan struct{}, first int) (pairs int) {
	for i := first; ; i++ {
		select {
		case <-stop:
			return pairs
		default:
		}
		b := w.get(loadSizes[i%2])
		bytes := w.bytes(b)
		for j := range 10 {
			bytes[j] = byte(j)
		}
		w.put(b)
		pairs++
	}
}

func (w *allockitWorker) Burst(count, size int, full func()) {
	burst(w.get, w.bytes, w.put, count, size, full)
}

func (w *localWorker) Pairs(n, size int) {
	for range n {
		b := w.get(size)
		w.put(b)
	}
}

func (w *localWorker) Mixed(n int) {
	for i := range n {
		b := w.get(mixedSizes[i%4])
		w.put(b)
	}
}

func (w *localWorker) Reset(n int) {
	for range n {
		b := w.get(4096)
		clear(w.bytes(b))
		w.put(b)
	}
}

func (w *localWorker) Load(stop <-chan struct{}, first int) (pairs int) {
	for i := first; ; i++ {
		select {
		case <-stop:
			return pairs
		default:
		}
		b := w.get(loadSizes[i%2])
		bytes := w.bytes(b)
		for j := range 10 {
			bytes[j] = byte(j)
		}
		w.put(b)
		pairs++
	}
}

func (w *localWorker) Burst(count, size int, full func()) {
	burst(w.get, w.bytes, w.put, count, size, full)
}

func (w *seed) Pairs(n, size int) {
	for range n {
		b := w.get(size)
		w.put(b)
	}
}

func (w *seed) Mixed(n int) {
	for i := range n {
		b := w.get(mixedSizes[i%4])
		w.put(b)
	}
}

func (w *seed) Reset(n int) {
	for range n {
		b := w.get(4096)
		clear(w.bytes(b))
		w.put(b)
	}
}

func (w *seed) Load(stop <-chan struct{}, first int) (pairs int) {
	for i := first; ; i++ {
		select {
		case <-stop:
			return pairs
		default:
		}
		b := w.get(loadSizes[i%2])
		bytes := w.bytes(b)
		for j := range 10 {
			bytes[j] = byte(j)
		}
		w.put(b)
		pairs++
	}
}

func (w *seed) Burst(count, size int, full func()) {
	burst(w.get, w.bytes, w.put, count, size, full)
}

func (w *libp2p) Pairs(n, size int) {
	for range n {
		b := w.get(size)
		w.put(b)
	}
}

func (w *libp2p) Mixed(n int) {
	for i := range n {
		b := w.get(mixedSizes[i%4])
		w.put(b)
	}
}

func (w *libp2p) Reset(n int) {
	for range n {
		b := w.get(4096)
		clear(w.bytes(b))
		w.put(b)
	}
}

func (w *libp2p) Load(stop <-chan struct{}, first int) (pairs int) {
	for i := first; ; i++ {
		select {
		case <-stop:
			return pairs
		default:
		}
		b := w.get(loadSizes[i%2])
		bytes := w.bytes(b)
		for j := range 10 {
			bytes[j] = byte(j)
		}
		w.put(b)
		pairs++
	}
}

func (w *libp2p) Burst(count, size int, full func()) {
	burst(w.get, w.bytes, w.put, count, size, full)
}

func (w *boxes) Pairs(n, size int) {
	for range n {
		b := w.get(size)
		w.put(b)
	}
}

func (w *boxes) Mixed(n int) {
	for i := range n {
		b := w.get(mixedSizes[i%4])
		w.put(b)
	}
}

func (w *boxes) Reset(n int) {
	for range n {
		b := w.get(4096)
		clear(w.bytes(b))
		w.put(b)
	}
}

func (w *boxes) Load(stop <-chan struct{}, first int) (pairs int) {
	for i := first; ; i++ {
		select {
		case <-stop:
			return pairs
		default:
		}
		b := w.get(loadSizes[i%2])
		bytes := w.bytes(b)
		for j := range 10 {
			bytes[j] = byte(j)
		}
		w.put(b)
		pairs++
	}
}

func (w *boxes) Burst(count, size int, full func()) {
	burst(w.get, w.bytes, w.put, count, size, full)
}

func (w *byteBuffers) Pairs(n, size int) {
	for range n {
		b := w.get(size)
		w.put(b)
	}
}

func (w *byteBuffers) Mixed(n int) {
	for i := range n {
		b := w.get(mixedSizes[i%4])
		w.put(b)
	}
}

func (w *byteBuffers) Reset(n int) {
	for range n {
		b := w.get(4096)
		clear(w.bytes(b))
		w.put(b)
	}
}

func (w *byteBuffers) Load(stop <-chan struct{}, first int) (pairs int) {
	for i := first; ; i++ {
		select {
		case <-stop:
			return pairs
		default:
		}
		b := w.get(loadSizes[i%2])
		bytes := w.bytes(b)
		for j := range 10 {
			bytes[j] = byte(j)
		}
		w.put(b)
		pairs++
	}
}

func (w *byteBuffers) Burst(count, size int, full func()) {
	burst(w.get, w.bytes, w.put, count, size, full)
}

func (w *makes) Pairs(n, size int) {
	for range n {
		b := w.get(size)
		w.put(b)
	}
}

func (w *makes) Mixed(n int) {
	for i := range n {
		b := w.get(mixedSizes[i%4])
		w.put(b)
	}
}

func (w *makes) Reset(n int) {
	for range n {
		b := w.get(4096)
		clear(w.bytes(b))
		w.put(b)
	}
}

func (w *makes) Load(stop <-chan struct{}, first int) (pairs int) {
	for i := first; ; i++ {
		select {
		case <-stop:
			return pairs
		default:
		}
		b := w.get(loadSizes[i%2])
		bytes := w.bytes(b)
		for j := range 10 {
			bytes[j] = byte(j)
		}
		w.put(b)
		pairs++
	}
}

func (w *makes) Burst(count, size int, full func()) {
	burst(w.get, w.bytes, w.put, count, size, full)
}
