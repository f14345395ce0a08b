package main

import (
	"errors"
	"testing"
)

func mustFind(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, errWrong) {
		t.Errorf("%s went unnoticed: %v", what, err)
	}
}

func mustPass(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}
