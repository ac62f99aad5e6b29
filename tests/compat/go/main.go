// The conformance cases for the stock Go client. Runs them against the cluster of one name server. Prints a line
// with all their names, then one for each: verdict, name, seconds and reason, separated by tabs. Cases share
// nothing and mostly wait, so that several run at a time.
package main

import (
	"fmt"
	"os"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/apache/rocketmq-client-go/v2/rlog"
)

const atATime = 12

var cases = map[string]func(*Scene){
	"control.ended": func(*Scene) { os.Exit(0) },
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: compat NAME-SERVER BROKER [CASE...]")
		os.Exit(2)
	}
	chosen := os.Args[3:]
	if len(chosen) == 0 {
		for name := range cases {
			if !strings.HasPrefix(name, "control.") {
				chosen = append(chosen, name)
			}
		}
		sort.Strings(chosen)
	}
	for _, name := range chosen {
		if cases[name] == nil {
			fmt.Fprintln(os.Stderr, "there is no case", name)
			os.Exit(2)
		}
	}
	fmt.Println("cases\t" + strings.Join(chosen, "\t"))
	rlog.SetLogLevel("fatal")
	if !runAll(os.Args[1], os.Args[2], chosen) {
		os.Exit(1)
	}
}

func runAll(nameServer, broker string, chosen []string) bool {
	var running sync.WaitGroup
	var printing sync.Mutex
	free := make(chan struct{}, atATime)
	allPassed := true
	for _, name := range chosen {
		free <- struct{}{}
		running.Add(1)
		go func(name string) {
			defer running.Done()
			defer func() { <-free }()
			begun := time.Now()
			reason := judge(newScene(nameServer, broker, name), cases[name])
			printing.Lock()
			defer printing.Unlock()
			verdict := "pass"
			if reason != "" {
				verdict, allPassed = "fail", false
			}
			fmt.Printf("%s\t%s\t%.1f\t%s\n", verdict, name, time.Since(begun).Seconds(), reason)
		}(name)
	}
	running.Wait()
	return allPassed
}

// A case fails by panicking; so does a client that has a fault of its own.
func judge(scene *Scene, body func(*Scene)) (reason string) {
	defer scene.close()
	defer func() {
		if failure := recover(); failure != nil {
			reason = strings.Join(strings.Fields(fmt.Sprint(failure)), " ")
		}
	}()
	body(scene)
	return ""
}
