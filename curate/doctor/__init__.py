"""What a person wants to know before a build: whether all that a profile names is there and does what builds need of it.

    findings.py   what is told of each thing, and in which order
    places.py     the store and the project: disk, locks, room
    slurm.py      programs of Slurm, what it accepts, and a job that looks around where tasks run
    ray.py        the cluster, and a task on each of its nodes
    elsewhere.py  a bucket, servers of models
    node.py       what such a job or task looks at

Nothing is built, and what is written for a test is deleted again. Left out: whether GPUs work, which the first run of a trainer tells.
"""
