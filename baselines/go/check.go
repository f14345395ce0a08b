package main

import "fmt"

// requireEqual is an errWrong with both numbers unless they are equal.
func requireEqual(got, wanted uint64, what string) error {
	if got != wanted {
		return fmt.Errorf("%w: %s: %d instead of %d", errWrong, what, got, wanted)
	}
	return nil
}
