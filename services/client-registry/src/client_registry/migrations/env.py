from chassis.migration_env import run

run()
