package evidence

import "reflect"

func isZero(v any) bool { return reflect.ValueOf(v).Elem().IsZero() }
