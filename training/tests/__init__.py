"""Run with Debian's python3-torch: /usr/bin/python3 -m unittest discover -t . -s training/tests"""
