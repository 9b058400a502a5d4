// Program load measures what the relay costs: one publisher and N subscribers on loopback, the server in a process of its own, so that its CPU time
// and memory are its own. It runs our relay and, in the same run and by the same clients, a plain relay written after pion's broadcast example, so that
// the ratio of the two stands on any machine while the absolute figures are of this one.
//
//	go run ./media/relay/load [-n 1,10,40,80] [-seconds 10] [-only parda|plain]
//
// The load is that of a masked witness: VP8 at 1.2 Mbit/s and 25 pictures a second, Opus at 32 kbit/s, about 191 packets a second for each
// subscriber, AES-128-GCM. What is printed for each N: CPU time of the server for each forwarded packet (ingress, RTCP and ICE included), memory for each
// subscriber, the time from the publisher's write until the packet lies in the subscriber's socket (one machine, one clock), and the packets lost.
//
// Not here: the relay itself, and anything that a court would run.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

type options struct {
	sizes   []int
	seconds int
	only    string
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		if err := serve(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "load serve:", err)
			os.Exit(1)
		}
		return
	}
	o, err := parse(os.Args[1:])
	if err == nil {
		err = o.run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func parse(args []string) (options, error) {
	o := options{}
	fs := flag.NewFlagSet("load", flag.ContinueOnError)
	sizes := fs.String("n", "1,10,40,80", "numbers of subscribers")
	fs.IntVar(&o.seconds, "seconds", 10, "seconds measured for each number")
	fs.StringVar(&o.only, "only", "", "parda or plain: one of the two alone")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	for s := range strings.SplitSeq(*sizes, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil || n < 1 || n > 1000 {
			return o, fmt.Errorf("%q is no number of subscribers", s)
		}
		o.sizes = append(o.sizes, n)
	}
	if o.seconds < 1 || (o.only != "" && kinds[o.only] == nil) {
		return o, errors.New("-seconds must be 1 or more, -only parda or plain")
	}
	return o, nil
}

func (o options) run() error {
	fmt.Printf("%-6s %4s %14s %14s %9s %9s %8s\n", "relay", "N", "CPU us/packet", "KiB/subscriber", "p50 ms", "p99 ms", "lost")
	for _, n := range o.sizes {
		cpu := map[string]float64{}
		for _, kind := range []string{"plain", "parda"} {
			if o.only != "" && o.only != kind {
				continue
			}
			r, err := measure(kind, n, time.Duration(o.seconds)*time.Second)
			if err != nil {
				return fmt.Errorf("%s with %d subscribers: %w", kind, n, err)
			}
			cpu[kind] = r.cpu
			fmt.Printf("%-6s %4d %14.2f %14.0f %9.2f %9.2f %8d\n", kind, n, r.cpu, r.memory, r.p50, r.p99, r.lost)
		}
		if cpu["plain"] > 0 && cpu["parda"] > 0 {
			fmt.Printf("%-6s %4d %14.2f   (parda over plain)\n", "ratio", n, cpu["parda"]/cpu["plain"])
		}
	}
	return nil
}
