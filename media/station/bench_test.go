package main

import (
	"fmt"
	"testing"

	"parda/media/capture"
	"parda/media/mask"
	"parda/media/mask/face"
)

// BenchmarkObserve reads the demonstration's witness, so that it needs no photographs of people.
func BenchmarkObserve(b *testing.B) {
	for _, size := range [][2]int{{640, 480}, {1280, 720}} {
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			camera, err := capture.OpenCamera(b.Context(), "demo:witness", capture.CameraConfig{Width: size[0], Height: size[1]})
			if err != nil {
				b.Fatal(err)
			}
			defer camera.Close()
			figure, err := face.New(face.Config{Mode: face.Puppet, Width: size[0], Height: size[1]})
			if err != nil {
				b.Fatal(err)
			}
			var raw mask.RawPicture
			if err := camera.Read(&raw); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if n := figure.Observe(&raw); n != face.OK {
					b.Fatalf("the witness is not read: %s", n)
				}
			}
		})
	}
}
