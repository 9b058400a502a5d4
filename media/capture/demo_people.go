package capture

import (
	"math"
	"time"
)

// demoPeople are the demo's voices and rooms. All is invented: the text, the people, the case. The witness and the court each
// sound and look different, so that a test can tell by samples and pixels who is seen and heard.
var demoPeople = map[string]*demoPerson{
	"witness": {
		voice: "az+f3", pitch: 62, speed: 145, gain: 0.9, pause: 900 * time.Millisecond,
		sentences: []string{
			"Mən o vaxt iyirmi bir yaşında idim və iş axtarırdım.",
			"Qonşumuz dedi ki, xaricdə yaxşı maaşlı iş var, sənədləri də özləri düzəldəcəklər.",
			"Gəldikdən sonra pasportumu əlimdən aldılar və məni evdən çıxmağa qoymadılar.",
			"Deyirdilər ki, borcum var, onu ödəməsəm, ailəmə zərər verəcəklər.",
			"Bir gecə pəncərə açıq qalmışdı, mən qaçdım və küçədə bir qadından kömək istədim.",
			"Bəli, həmin adamı tanıyıram. Onun səsini heç vaxt unutmaram.",
			"Mən bu gün burada həqiqəti deməyə gəlmişəm.",
		},
		scene: witnessRoom,
	},
	"bench": {
		voice: "az+m3", pitch: 38, speed: 140, gain: 0.9, pause: 2500 * time.Millisecond,
		sentences: []string{
			"Məhkəmə iclası davam edir. Şahid, sualı eşitdinizmi?",
			"Tələsməyin, istədiyiniz vaxt fasilə istəyə bilərsiniz.",
			"Xahiş edirəm, gördüklərinizi öz sözlərinizlə danışın.",
		},
		scene: benchRoom,
	},
	"counsel": {
		voice: "az+m7", pitch: 52, speed: 160, gain: 0.9, pause: 3200 * time.Millisecond,
		sentences: []string{
			"Hörmətli məhkəmə, müdafiə tərəfinin şahidə bir sualı var.",
			"Həmin gün evə saat neçədə qayıtdığınızı xatırlayırsınızmı?",
		},
		scene: counselRoom,
	},
	"hall": {
		voice: "az+f1", pitch: 45, speed: 120, gain: 0.35, pause: 5 * time.Second,
		sentences: []string{
			"Zəhmət olmasa, sakit olun.",
			"Qapını bağlayın.",
		},
		scene: hallRoom,
	},
	"dock": {
		voice: "az+m5", pitch: 18, speed: 125, gain: 0.9, pause: 4 * time.Second,
		sentences: []string{
			"Mən bu ittihamla razı deyiləm.",
			"Vəkilim mənim yerimə cavab verəcək.",
		},
		scene: dockRoom,
	},
}

var (
	lightSkin = rgb{0.87, 0.68, 0.57}
	oliveSkin = rgb{0.78, 0.58, 0.45}
	darkHair  = rgb{0.16, 0.1, 0.08}
	greyHair  = rgb{0.55, 0.54, 0.53}
)

// person completes looks that most of the figures share; at is the middle of the head in shares of the picture.
func person(room *canvas, u, v, size float64, l looks) figure {
	l.cx, l.cy, l.size = u*float64(room.w), v*float64(room.h), size*float64(room.h)
	l.iris, l.lip = rgb{0.25, 0.15, 0.08}, l.skin.mix(rgb{0.62, 0.2, 0.2}, 0.62)
	l.brow = l.hair.times(0.7)
	return newFigure(room, l)
}

// wall is a lit wall: brighter towards a lamp at (u0, v0).
func wall(colour rgb, u0, v0 float64) func(u, v float64) rgb {
	return func(u, v float64) rgb {
		d := math.Hypot(u-u0, (v-v0)*0.75)
		return colour.times(0.62 + 0.42*math.Exp(-d*d*2.2))
	}
}

// witnessRoom is a plain room with a curtain, a picture and a plant.
func witnessRoom(c *canvas) []figure {
	base := wall(rgb{0.66, 0.69, 0.66}, 0.3, 0.1)
	c.fill(func(u, v float64) rgb {
		colour := base(u, v)
		if u > 0.76 { // curtain
			colour = rgb{0.5, 0.42, 0.36}.times(0.75 + 0.25*math.Sin(u*130))
		}
		if u > 0.08 && u < 0.25 && v > 0.14 && v < 0.4 { // picture on the wall
			colour = rgb{0.35, 0.26, 0.18}
			if u > 0.095 && u < 0.235 && v > 0.16 && v < 0.38 {
				colour = rgb{0.5, 0.62, 0.72}.mix(rgb{0.35, 0.48, 0.3}, soft(0.27/math.Max(v, 0.01)+0.04*math.Sin(u*40), 0.05))
			}
		}
		return colour
	})
	return []figure{person(c, 0.48, 0.45, 0.36, looks{skin: lightSkin, hair: darkHair, coat: rgb{0.16, 0.4, 0.42}, shirt: rgb{0.82, 0.8, 0.76}, longHair: true})}
}

// benchRoom is wood panelling behind a judge in a black robe.
func benchRoom(c *canvas) []figure {
	base := wall(rgb{0.5, 0.32, 0.18}, 0.5, 0)
	c.fill(func(u, v float64) rgb {
		colour := base(u, v)
		panel := math.Abs(math.Mod(u*5, 1) - 0.5)
		if panel > 0.46 || v < 0.06 {
			colour = colour.times(0.55)
		}
		return colour.times(0.95 + 0.05*math.Sin(u*220+6*math.Sin(v*9)))
	})
	figures := []figure{person(c, 0.5, 0.42, 0.33, looks{skin: lightSkin, hair: greyHair, coat: rgb{0.07, 0.07, 0.08}, shirt: rgb{0.92, 0.92, 0.92}, oldFace: true, baldness: 0.25})}
	table(c, rgb{0.36, 0.2, 0.1})
	return figures
}

// counselRoom is a pale blue office wall with shelves.
func counselRoom(c *canvas) []figure {
	base := wall(rgb{0.55, 0.63, 0.74}, 0.7, 0.1)
	c.fill(func(u, v float64) rgb {
		if row := math.Mod(v*4.5, 1); u < 0.3 && v < 0.7 { // books
			if row > 0.9 {
				return rgb{0.3, 0.24, 0.2}
			}
			k := math.Floor(u*46 + 7*math.Floor(v*4.5))
			return rgb{0.35 + 0.2*math.Sin(k*1.7), 0.25 + 0.12*math.Sin(k*2.9), 0.25 + 0.15*math.Sin(k*4.1)}.times(0.7 + 0.3*row)
		}
		return base(u, v)
	})
	figures := []figure{person(c, 0.55, 0.44, 0.33, looks{skin: oliveSkin, hair: darkHair, coat: rgb{0.17, 0.19, 0.27}, shirt: rgb{0.88, 0.9, 0.94}, tie: true})}
	table(c, rgb{0.45, 0.33, 0.22})
	return figures
}

// hallRoom is the hall from the front: three people on benches before a warm yellow wall.
func hallRoom(c *canvas) []figure {
	base := wall(rgb{0.78, 0.7, 0.48}, 0.5, 0)
	c.fill(func(u, v float64) rgb {
		if math.Abs(u-0.5) < 0.09 && v < 0.5 { // door
			return rgb{0.42, 0.3, 0.18}.times(0.9 + 0.1*math.Sin(v*60))
		}
		return base(u, v)
	})
	figures := []figure{
		person(c, 0.22, 0.5, 0.2, looks{skin: lightSkin, hair: rgb{0.35, 0.16, 0.2}, coat: rgb{0.4, 0.3, 0.45}, shirt: rgb{0.7, 0.65, 0.7}, headscarf: true}),
		person(c, 0.5, 0.47, 0.2, looks{skin: oliveSkin, hair: darkHair, coat: rgb{0.28, 0.34, 0.24}, shirt: rgb{0.7, 0.7, 0.6}, baldness: 0.4}),
		person(c, 0.78, 0.51, 0.2, looks{skin: lightSkin, hair: greyHair, coat: rgb{0.45, 0.38, 0.3}, shirt: rgb{0.8, 0.8, 0.75}, oldFace: true}),
	}
	table(c, rgb{0.4, 0.26, 0.13})
	return figures
}

// dockRoom is a green wall behind glass with a steel frame.
func dockRoom(c *canvas) []figure {
	c.fill(wall(rgb{0.3, 0.46, 0.34}, 0.4, 0.1))
	figures := []figure{person(c, 0.5, 0.46, 0.32, looks{skin: oliveSkin, hair: rgb{0.1, 0.09, 0.09}, coat: rgb{0.3, 0.3, 0.32}, shirt: rgb{0.25, 0.25, 0.27}, baldness: 0.1})}
	for _, u := range [3]float64{0.06, 0.94, 1.2} {
		c.paint(u*float64(c.w), 0.5*float64(c.h), 0.012*float64(c.w), 0.6*float64(c.h), func(x, y float64) (rgb, float64) {
			return rgb{0.62, 0.64, 0.66}.times(0.8 - 0.3*x), soft(math.Abs(x), 0.3)
		})
	}
	table(c, rgb{0.5, 0.52, 0.54})
	return figures
}

// table is the edge of a table along the bottom of the picture.
func table(c *canvas, colour rgb) {
	c.paint(0.5*float64(c.w), 1.02*float64(c.h), 0.6*float64(c.w), 0.12*float64(c.h), func(x, y float64) (rgb, float64) {
		return colour.times(0.75 - 0.35*y), soft(math.Abs(y), 0.05)
	})
}
