/*
 * What the bench asks of slurmctld, over its C interface (libslurm), by one process or by several at once.
 *
 *   client fill   COUNT SEED NODES HORIZON_MINUTES   reservations on nodes that are named, so that filling is quick
 *   client create COUNT SEED CLIENTS HORIZON_MINUTES reservations for which the controller chooses the nodes
 *   client ask    COUNT CLIENTS NODES MINUTES        whether so many whole nodes could run for so long, and when
 *
 * Reservations are of 1 to 4 whole nodes for 1 to 8 hours, from a random minute within the horizon. What `create` has
 * made it removes again, which is not measured. Prints one JSON object: ok, failed, seconds, p50Ms, p99Ms and, of
 * `ask`, meanDelaySeconds; error is Slurm's word for the last failure.
 */
#include <errno.h>
#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NODES_MAX 1024
#define BUSY_MAX 4096

/* What one call took and brought; shared between the processes. */
struct result {
	double milliseconds;
	double delay_seconds;
	int ok;
	int error;
};

static uint64_t state;

static uint32_t below(uint32_t limit) {
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 20) % limit;
}

static void seed(int number) {
	state = 0x9e3779b97f4a7c15ull * (uint64_t)(number + 1);
	for (int i = 0; i < 16; i++) below(2);
}

static double now_ms(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

/* The first minute of all windows: an hour from now, the same for every call of one run. */
static time_t first_minute(void) {
	const char *given = getenv("BENCH_BEGIN_AT");
	return given ? (time_t)atoll(given) : time(NULL) / 60 * 60 + 3600;
}

static int create_reservation(const char *name, time_t start, int minutes, int nodes, char *node_list) {
	resv_desc_msg_t wish;
	uint32_t counts[2] = {(uint32_t)nodes, 0};
	slurm_init_resv_desc_msg(&wish);
	wish.name = (char *)name;
	wish.users = "root";
	wish.partition = "main";
	wish.start_time = start;
	wish.duration = (uint32_t)minutes;
	wish.flags = 0;
	if (node_list) wish.node_list = node_list;
	else wish.node_cnt = counts;
	char *made = slurm_create_reservation(&wish);
	if (!made) return errno ? errno : -1;
	free(made);
	return 0;
}

/* Fills the calendar with reservations that do not overlap on their nodes. */
static int fill(int count, int nodes, int horizon) {
	static int starts[NODES_MAX][BUSY_MAX], ends[NODES_MAX][BUSY_MAX], busy[NODES_MAX];
	int made = 0, error = 0;
	for (int tries = 0; made < count && tries < count * 20; tries++) {
		int start = (int)below((uint32_t)horizon), end = start + 60 + (int)below(420);
		int wanted = 1 + (int)below(4), offset = (int)below((uint32_t)nodes), chosen[4], have = 0;
		for (int step = 0; step < nodes && have < wanted; step++) {
			int node = (offset + step) % nodes, free_then = busy[node] < BUSY_MAX;
			for (int i = 0; free_then && i < busy[node]; i++) {
				free_then = ends[node][i] <= start || end <= starts[node][i];
			}
			if (free_then) chosen[have++] = node;
		}
		if (have < wanted) continue;
		char list[128] = "", name[64];
		for (int i = 0; i < have; i++) {
			snprintf(list + strlen(list), sizeof list - strlen(list), "%sn%d", i ? "," : "", chosen[i] + 1);
		}
		snprintf(name, sizeof name, "fill%d_%d", made, tries);
		int failed = create_reservation(name, first_minute() + 60 * start, end - start, have, list);
		if (failed) {
			error = failed;
			continue;
		}
		for (int i = 0; i < have; i++) {
			starts[chosen[i]][busy[chosen[i]]] = start;
			ends[chosen[i]][busy[chosen[i]]++] = end;
		}
		made++;
	}
	printf("{\"ok\":%d,\"failed\":%d,\"error\":\"%s\"}\n", made, count - made, error ? slurm_strerror(error) : "");
	return made == count ? 0 : 1;
}

struct load {
	int is_create, seed, horizon, nodes, minutes;
};

static void call_once(const struct load *load, int index, struct result *result) {
	double begin;
	if (load->is_create) {
		char name[64];
		snprintf(name, sizeof name, "bench%d_%d", load->seed, index);
		seed(load->seed * 1000003 + index);
		time_t start = first_minute() + 60 * (time_t)below((uint32_t)load->horizon);
		int minutes = 60 + (int)below(420), nodes = 1 + (int)below(4);
		begin = now_ms();
		result->error = create_reservation(name, start, minutes, nodes, NULL);
		result->ok = result->error == 0;
	} else {
		job_desc_msg_t job;
		will_run_response_msg_t *answer = NULL;
		char *environment[] = {"A=b", NULL};
		slurm_init_job_desc_msg(&job);
		job.script = "#!/bin/sh\ntrue\n";
		job.name = "bench";
		job.user_id = 0;
		job.group_id = 0;
		job.min_nodes = job.max_nodes = (uint32_t)load->nodes;
		job.time_limit = (uint32_t)load->minutes;
		job.work_dir = "/tmp";
		job.environment = environment;
		job.env_size = 1;
		job.shared = 0;
		begin = now_ms();
		int code = slurm_job_will_run2(&job, &answer);
		result->ok = code == 0 && answer != NULL;
		result->error = result->ok ? 0 : errno;
		if (result->ok) {
			result->delay_seconds = difftime(answer->start_time, time(NULL));
			slurm_free_will_run_response_msg(answer);
		}
	}
	result->milliseconds = now_ms() - begin;
}

static int compare(const void *one, const void *other) {
	double difference = *(const double *)one - *(const double *)other;
	return difference < 0 ? -1 : difference > 0;
}

static int run(const struct load *load, int count, int clients) {
	struct result *results =
		mmap(NULL, sizeof *results * (size_t)count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	double begin = now_ms();
	for (int client = 0; client < clients; client++) {
		pid_t child = fork();
		if (child < 0) return 2;
		if (child > 0) continue;
		for (int index = client; index < count; index += clients) call_once(load, index, &results[index]);
		_exit(0);
	}
	while (wait(NULL) > 0) continue;
	double seconds = (now_ms() - begin) / 1e3, delay = 0;
	double *sorted = malloc(sizeof *sorted * (size_t)count);
	int ok = 0, error = 0;
	for (int index = 0; index < count; index++) {
		sorted[index] = results[index].milliseconds;
		ok += results[index].ok;
		delay += results[index].delay_seconds;
		if (!results[index].ok) error = results[index].error;
	}
	qsort(sorted, (size_t)count, sizeof *sorted, compare);
	printf("{\"ok\":%d,\"failed\":%d,\"seconds\":%.6f,\"p50Ms\":%.4f,\"p99Ms\":%.4f,\"meanDelaySeconds\":%.0f,\"error\":\"%s\"}\n",
		ok, count - ok, seconds, sorted[count / 2], sorted[(int)(count * 0.99)], ok ? delay / ok : 0,
		error ? slurm_strerror(error) : "");
	if (!load->is_create) return 0;
	for (int index = 0; index < count; index++) {
		char name[64];
		reservation_name_msg_t gone = {.name = name};
		snprintf(name, sizeof name, "bench%d_%d", load->seed, index);
		if (results[index].ok) slurm_delete_reservation(&gone);
	}
	return 0;
}

int main(int count, char **words) {
	if (count < 6) return 2;
	slurm_init(NULL);
	int numbers[4];
	for (int i = 0; i < 4; i++) numbers[i] = atoi(words[2 + i]);
	seed(numbers[1]);
	if (strcmp(words[1], "fill") == 0) return fill(numbers[0], numbers[2], numbers[3]);
	if (strcmp(words[1], "create") == 0) {
		struct load load = {.is_create = 1, .seed = numbers[1], .horizon = numbers[3]};
		return run(&load, numbers[0], numbers[2]);
	}
	if (strcmp(words[1], "ask") == 0) {
		struct load load = {.nodes = numbers[2], .minutes = numbers[3]};
		return run(&load, numbers[0], numbers[1]);
	}
	return 2;
}
