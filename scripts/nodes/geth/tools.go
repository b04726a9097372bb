//go:build tools

// Package geth names the program that is built, so that go.mod keeps what it needs.
package geth

import _ "github.com/ethereum/go-ethereum/cmd/geth"
