// The booking pages work without any script; htmx only swaps what changed.
import "htmx.org";
