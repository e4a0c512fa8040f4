"""python -m card_service api | listen | relay | work | migrate | all …"""

from chassis.process import run

from card_service.app import SERVICE

if __name__ == "__main__":
    run(SERVICE)
