"""python -m client_registry api | listen | relay | work | migrate | all | seed-organisation | load-calendar …"""

from chassis.process import run

from client_registry.app import SERVICE

if __name__ == "__main__":
    run(SERVICE)
