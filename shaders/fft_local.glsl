// A Stockham transform of up to 2048 complex points in shared memory, 256 threads. The including
// shader declares `twiddles`, exp(-2 pi i k / table) for k < table.
// Source: Stockham 1966; Govindaraju et al. 2008 for the shape on a GPU.
#define FFT_POINTS 2048
#define FFT_THREADS 256
shared vec2 points[FFT_POINTS];

vec2 product(vec2 a, vec2 b) { return vec2(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x); }

// @param direction 1 forward, -1 inverse
// @param stride    table entries a step of 2 pi / size
void transform(uint size, uint stride, float direction) {
  const uint lane = gl_LocalInvocationID.x;
  uint done = 1;  // length of the transforms that are finished
  for (; done * 4 <= size; done *= 4) {
    const uint quarter = size / 4;
    vec2 held[FFT_POINTS / FFT_THREADS / 4][4];
    barrier();
    [[unroll]] for (uint b = 0; b < FFT_POINTS / FFT_THREADS / 4; ++b) {
      const uint i = lane + b * FFT_THREADS;
      if (i >= quarter) continue;
      const uint k = i % done;
      const uint step_ = stride * (quarter / done) * k;
      vec2 x[4];
      [[unroll]] for (uint r = 0; r < 4; ++r) {
        x[r] = points[i + r * quarter];
        if (r != 0) {
          const vec2 w = twiddles[step_ * r];
          x[r] = product(x[r], vec2(w.x, w.y * direction));
        }
      }
      const vec2 a = x[0] + x[2];
      const vec2 c = x[0] - x[2];
      const vec2 e = x[1] + x[3];
      const vec2 d = x[1] - x[3];
      const vec2 turned = vec2(d.y, -d.x) * direction;
      held[b][0] = a + e;
      held[b][1] = c + turned;
      held[b][2] = a - e;
      held[b][3] = c - turned;
    }
    barrier();
    [[unroll]] for (uint b = 0; b < FFT_POINTS / FFT_THREADS / 4; ++b) {
      const uint i = lane + b * FFT_THREADS;
      if (i >= quarter) continue;
      const uint k = i % done;
      const uint to = (i - k) * 4 + k;
      [[unroll]] for (uint r = 0; r < 4; ++r) points[to + r * done] = held[b][r];
    }
  }
  if (done < size) {
    const uint half_ = size / 2;
    vec2 held[FFT_POINTS / FFT_THREADS / 2][2];
    barrier();
    [[unroll]] for (uint b = 0; b < FFT_POINTS / FFT_THREADS / 2; ++b) {
      const uint i = lane + b * FFT_THREADS;
      if (i >= half_) continue;
      const vec2 w = twiddles[stride * i];
      const vec2 odd = product(points[i + half_], vec2(w.x, w.y * direction));
      held[b][0] = points[i] + odd;
      held[b][1] = points[i] - odd;
    }
    barrier();
    [[unroll]] for (uint b = 0; b < FFT_POINTS / FFT_THREADS / 2; ++b) {
      const uint i = lane + b * FFT_THREADS;
      if (i >= half_) continue;
      points[i] = held[b][0];
      points[i + half_] = held[b][1];
    }
  }
  barrier();
}
