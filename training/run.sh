#!/bin/bash
# On the GPU machine, from the repository's root: one process a GPU, detached, so that the run outlives the call that starts it.
#   training/run.sh start OPTIONS…          training.train's options; copies training/ and assets/models to /tmp/job and trains there into /tmp/run
#   training/run.sh watch SECONDS [stable]  waits, at most until a rank ends, then prints the log and copies the checkpoint to $OUT
#   training/run.sh end SECONDS             moves the end of the run to so many seconds after its start
set -e
run=/tmp/run
every_rank_lives() { for pid in $(cat $run/pid*); do kill -0 "$pid" 2> /dev/null || return 1; done; }
case "$1" in
  start)
    shift
    count=$(nvidia-smi -L | tee /dev/stderr | wc -l)
    mkdir -p /tmp/job/assets $run && cp -r training /tmp/job/ && cp -r assets/models /tmp/job/assets/ && cd /tmp/job
    python3 -c "import tarfile; tarfile.open('training/carry/lib.tar.xz').extractall('training/carry')"
    python3 -c "import lzma; open('training/bank/index.json', 'wb').write(lzma.open('training/bank/index.json.xz').read())"
    date +%s > $run/start
    export OMP_NUM_THREADS=1 PYTHONUNBUFFERED=1 NCCL_SOCKET_IFNAME=lo MASTER_ADDR=127.0.0.1 MASTER_PORT=29511 WORLD_SIZE=$count
    for rank in $(seq 0 $((count - 1))); do
      RANK=$rank TORCHINDUCTOR_CACHE_DIR=/tmp/inductor$rank setsid nohup python3 -m training.train --out $run \
        --libraries training/carry/lib "$@" > $run/log$rank.txt 2>&1 < /dev/null &
      echo $! > $run/pid$rank
    done
    ;;
  watch)
    end=$(($(date +%s) + $2))
    while [ "$(date +%s)" -lt $end ] && every_rank_lives; do sleep 2; done
    nvidia-smi --query-gpu=utilization.gpu,memory.used --format=csv,noheader
    echo "$(($(date +%s) - $(cat $run/start))) s since the start"
    tail -n 2 $run/log[1-9]*.txt 2> /dev/null || true
    tail -c 5000 $run/log0.txt | tee "$OUT/log0.txt"
    [ ! -d $run/last ] || cp -r $run/last "$OUT/last"
    [ "$3" != stable ] || { mkdir -p "$OUT/stable" && cp $run/stable/weights* "$OUT/stable/"; }
    ;;
  end) echo "$2" > $run/until ;;
  *) sed -n '2,5s/^# *//p' "$0" && exit 2 ;;
esac
