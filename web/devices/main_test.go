package devices_test

import (
	"testing"

	"portcullis/internal/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }
