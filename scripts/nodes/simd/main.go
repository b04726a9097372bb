// The application that ibc-go tests itself with, as a program: a whole Cosmos node of one binary.
package main

import (
	"os"

	"github.com/cosmos/cosmos-sdk/server/cmd"
	"github.com/cosmos/ibc-go/v7/testing/simapp"
	simd "github.com/cosmos/ibc-go/v7/testing/simapp/simd/cmd"
)

func main() {
	root, _ := simd.NewRootCmd()
	if cmd.Execute(root, "simd", simapp.DefaultNodeHome) != nil {
		os.Exit(1)
	}
}
