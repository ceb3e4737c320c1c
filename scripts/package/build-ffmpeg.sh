#!/usr/bin/env bash
# Builds the ffmpeg and ffprobe that packages carry, under the LGPL, into build/ffmpeg with their licences: static, no
# network, only what Stemwright uses beyond decoding. Needs a C compiler, make, cmake, nasm, pkg-config, curl.
set -euo pipefail
cd "$(dirname "$0")/../.."

sources=$PWD/build/ffmpeg-sources
prefix=$sources/prefix
out=$PWD/build/ffmpeg
jobs=${JOBS:-$(getconf _NPROCESSORS_ONLN)}
mkdir -p "$sources" "$out"

# name, address, SHA-256: those of Debian's archive too
fetch() {
  local file=$sources/$1
  [[ -f $file ]] || curl -fsSL --retry 3 -o "$file" "$2"
  echo "$3  $file" | shasum -a 256 -c - >&2
  rm -rf "$sources/${1%.tar.*}"
  mkdir "$sources/${1%.tar.*}"
  tar xf "$file" -C "$sources/${1%.tar.*}" --strip-components 1
  cd "$sources/${1%.tar.*}"
}

(
  fetch soxr.tar.xz https://downloads.sourceforge.net/project/soxr/soxr-0.1.3-Source.tar.xz \
    b111c15fdc8c029989330ff559184198c161100a59312f5dc19ddeb9b5a15889
  cmake -B build -DCMAKE_BUILD_TYPE=Release -DCMAKE_POLICY_VERSION_MINIMUM=3.5 -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib \
    -DBUILD_SHARED_LIBS=OFF -DBUILD_TESTS=OFF -DBUILD_EXAMPLES=OFF -DWITH_OPENMP=OFF -DWITH_LSR_BINDINGS=OFF
  cmake --build build --target install -j "$jobs"
  cp LICENCE "$out/LICENCE.soxr"
)
(
  fetch lame.tar.gz https://downloads.sourceforge.net/project/lame/lame/3.100/lame-3.100.tar.gz \
    ddfe36cab873794038ae2c1210557ad34857a4b6bdc515785d1da9e175b1da1e
  ./configure --prefix="$prefix" --disable-shared --enable-static --disable-frontend --disable-decoder --disable-gtktest
  make -j "$jobs" install
  cp COPYING "$out/COPYING.lame"
)
(
  fetch opus.tar.gz https://downloads.xiph.org/releases/opus/opus-1.3.1.tar.gz \
    65b58e1e25b2a114157014736a3d9dfeaad8d41be1c8179866f144a2fb44ff9d
  ./configure --prefix="$prefix" --disable-shared --enable-static --disable-doc --disable-extra-programs
  make -j "$jobs" install
  cp COPYING "$out/COPYING.opus"
)
(
  fetch ffmpeg.tar.xz https://ffmpeg.org/releases/ffmpeg-5.1.9.tar.xz \
    d9b593bb2ba93d4b50f74177e0cdcd41747e708596367deed0c30348a71dd176
  PKG_CONFIG_PATH=$prefix/lib/pkgconfig ./configure --prefix="$prefix" --pkg-config-flags=--static \
    --extra-cflags="-I$prefix/include" --extra-ldflags="-L$prefix/lib" --extra-libs=-lm \
    --disable-autodetect --disable-network --disable-devices --disable-doc --disable-ffplay --disable-debug \
    --disable-encoders --disable-hwaccels \
    --enable-encoder=pcm_s16le,pcm_s24le,pcm_f32le,flac,aac,libmp3lame,libopus,png,mjpeg \
    --enable-libsoxr --enable-libmp3lame --enable-libopus
  make -j "$jobs"
  suffix=
  if [[ -f ffmpeg.exe ]]; then suffix=.exe; fi
  cp "ffmpeg$suffix" "ffprobe$suffix" COPYING.LGPLv2.1 LICENSE.md "$out/"
)
rm -rf "$sources"
"$out"/ffmpeg -hide_banner -version
