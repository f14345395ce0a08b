package main

// The tree of suites/pool/unbalanced_tree.hpp: a node is its state, from which those of its
// children follow.
const (
	childrenOfInner = 8
	innerThreshold  = 536_334_041 // of 2^32: a share of 0.124875
)

func treeRoot() uint64 { return mix(42) }

func treeChild(node uint64, index int) uint64 { return mix(node + uint64(index)) }

// treeChildren is of any node but the root.
func treeChildren(node uint64) int {
	if node>>32 < innerThreshold {
		return childrenOfInner
	}
	return 0
}

// subtree is what was found below and in a node: how many nodes, and the sum of their states.
type subtree struct{ nodes, sum uint64 }

func (s *subtree) add(other subtree) {
	s.nodes += other.nodes
	s.sum += other.sum
}

// walkAlone walks the tree without goroutines, to know what is to be found.
func walkAlone(rootChildren int) subtree {
	var open []uint64
	pushChildren := func(node uint64, children int) {
		for index := 0; index < children; index++ {
			open = append(open, treeChild(node, index))
		}
	}
	found := subtree{1, treeRoot()}
	pushChildren(treeRoot(), rootChildren)
	for len(open) > 0 {
		node := open[len(open)-1]
		open = open[:len(open)-1]
		found.add(subtree{1, node})
		pushChildren(node, treeChildren(node))
	}
	return found
}

func walkTree(node uint64, work *spin) subtree {
	if treeChildren(node) == 0 {
		work.work(node)
		return subtree{1, node}
	}
	var below [childrenOfInner]subtree
	return walkChildren(node, below[:], work)
}

func walkChildren(node uint64, below []subtree, work *spin) subtree {
	work.work(node)
	forkJoin(len(below), func(index int) {
		below[index].add(walkTree(treeChild(node, index), work))
	})
	found := subtree{1, node}
	for _, each := range below {
		found.add(each)
	}
	return found
}

func (s subtree) check(tree subtree, times uint64) error {
	if err := requireEqual(s.nodes, tree.nodes*times, "nodes of the trees"); err != nil {
		return err
	}
	return requireEqual(s.sum, tree.sum*times, "sum of the nodes' states")
}

func prepareUnbalancedTree(asked *cell) (body, error) {
	rootChildren, grainNs := asked.number("root_children"), asked.number("grain_ns")
	work, tree := newSpin(grainNs), walkAlone(rootChildren)
	return func(meter *meter) (uint64, error) {
		var found subtree
		meter.start()
		for time := 0; time < asked.operations; time++ {
			found.add(walkChildren(treeRoot(), make([]subtree, rootChildren), &work))
		}
		meter.stop()
		times := uint64(asked.operations)
		nodes := tree.nodes * times
		meter.figure("node_ns", float64(meter.elapsed)/float64(nodes))
		reportWork(meter, float64(nodes)*float64(grainNs), nodes, asked.workers)
		return found.sum, found.check(tree, times)
	}, nil
}
