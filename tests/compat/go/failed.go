package main

import (
	"fmt"
	"reflect"
	"sort"
	"strings"
	"time"
)

// For one condition. Generous: it decides only how long a failure takes.
const patience = 100 * time.Second

func fail(format string, values ...interface{}) { panic(fmt.Sprintf(format, values...)) }

func unless(condition bool, format string, values ...interface{}) {
	if !condition {
		fail(format, values...)
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func unlessEqual(wanted, found interface{}, what string) {
	unless(reflect.DeepEqual(wanted, found), "%s: %v, but %v was expected", what, shown(found), shown(wanted))
}

// The same keys, each as often, in any order.
func unlessSame(wanted, found []string, what string) {
	unlessEqual(sorted(wanted), sorted(found), what)
}

func unlessSoon(condition func() bool, otherwise func() string) {
	for deadline := time.Now().Add(patience); !condition(); {
		if time.Now().After(deadline) {
			fail("after %v: %s", patience, otherwise())
		}
		time.Sleep(20 * time.Millisecond) // between two looks; nothing is concluded from it
	}
}

func sorted(keys []string) []string {
	copied := append([]string{}, keys...)
	sort.Strings(copied)
	return copied
}

func shown(value interface{}) string {
	text := fmt.Sprint(value)
	if len(text) > 400 {
		return strings.ToValidUTF8(text[:400], "") + "..."
	}
	return text
}
