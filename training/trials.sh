#!/bin/bash
# Short trainings from nothing, two on each of two GPUs, to choose model size and segment by and to see what the time-only mode
# costs: training/trials.sh SECONDS, after `run.sh start`, whose copy in /tmp/job they use. Prints the curve of each.
cd /tmp/job
export OMP_NUM_THREADS=1 PYTHONUNBUFFERED=1
trial() {
  CUDA_VISIBLE_DEVICES=$2 python3 -m training.train --out "/tmp/trials/$1" --libraries training/carry/lib --budget 1e9 --until "$seconds" \
    --rate 1e-3 --warmup 200 --workers 4 --held-songs 16 --capacity 300 --seed 9000000 "${@:3}" > "/tmp/trials/$1.txt" 2>&1 &
}
seconds=$1
mkdir -p /tmp/trials
trial base 0 --batch 12 --time-only-weight 0.7
trial wide 0 --batch 12 --time-only-weight 0.7 --channels 36
trial long 1 --batch 8 --time-only-weight 0.7 --segment 6
trial alone 1 --batch 12 --time-only-weight 0
wait
tail -n 8 /tmp/trials/*.txt
