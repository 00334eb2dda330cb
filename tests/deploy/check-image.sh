#!/usr/bin/env bash
# buildah builds the Dockerfile as it is and the image's server becomes ready as the image's user.
#
# The base images are stand-ins, made of Debian packages and the .NET SDK of this machine: what is proven are the Dockerfile's steps, the
# user, the environment and the entry point, not Microsoft's and NVIDIA's own images. Packages come from this machine's NuGet folder.
# Runs with CI=true or DCTNET_SLOW=1: minutes and 2 GB below DCTNET_IMAGE_CACHE (default ~/.cache/dctnet-images).
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[[ ${CI:-} == true || ${DCTNET_SLOW:-} == 1 ]] || skip "slow: runs with DCTNET_SLOW=1"
[[ $(id -u) == 0 ]] || skip "needs root, for chroot isolation"
need buildah "apt-get install buildah"
need mmdebstrap "apt-get install mmdebstrap"
need curl "apt-get install curl"

cache=${DCTNET_IMAGE_CACHE:-$HOME/.cache/dctnet-images}
mkdir -p "$cache"
# Overlay where the file system can stack it; copying layers works everywhere.
driver=overlay
[[ $(stat -f -c %T "$cache") == overlayfs ]] && driver=vfs
export STORAGE_DRIVER=$driver BUILDAH_ISOLATION=chroot
# No build server may outlive this check, holding its lock and its mounts.
export MSBUILDDISABLENODEREUSE=1
buildah() { command buildah --root "$cache/store" --runroot "$cache/run" "$@"; }

server="" port=""
# server_process: the id of the dotnet process in the container, known by its port.
server_process() {
    local process
    for process in $(pgrep -x dotnet); do
        if grep -qsz "^DctNet__Ports__Ops=$port$" "/proc/$process/environ"; then
            echo "$process"
        fi
    done
}
cleanup() {
    local process
    if [[ -n $server ]]; then
        for process in $(server_process); do kill -KILL "$process"; done
        wait "$server" || true
    fi
    buildah rm --all >/dev/null 2>&1 || true
    buildah rmi --prune --force >/dev/null 2>&1 || true
}
# The store is this check's alone, one run at a time: what is left in it besides the stand-ins and the last image may go.
exec 9>"$cache/lock"
flock 9
trap cleanup EXIT

dotnet_root=$(dirname "$(readlink -f "$(command -v dotnet)")")
runtime_version=$(dotnet --list-runtimes | awk '/^Microsoft.AspNetCore.App 10\./ { v = $2 } END { print v }')
packages=${NUGET_PACKAGES:-$HOME/.nuget/packages}

# make_stand_ins: an aspnet image (the libraries of the real one, the runtime, its app user), an sdk image (the SDK is mounted while
# building), which also stands in for CUDA's. Without a network there is no vulnerability data to audit packages with.
make_stand_ins() {
    local c folder
    mmdebstrap --quiet --variant=minbase --include=ca-certificates,libssl3,libstdc++6,zlib1g "$(. /etc/os-release && echo "$VERSION_CODENAME")" \
        "$cache/base.tar"
    c=$(buildah from scratch)
    buildah add --quiet "$c" "$cache/base.tar" / >/dev/null
    buildah config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$c"
    buildah config --env DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 --env DOTNET_GENERATE_ASPNET_CERTIFICATE=false \
        --env NuGetAudit=false --env MSBUILDDISABLENODEREUSE=1 --env UseSharedCompilation=false "$c"
    buildah run "$c" -- sh -c 'groupadd -g 1654 app && useradd -u 1654 -g 1654 -m app && ln -s /usr/share/dotnet/dotnet /usr/bin/dotnet'
    buildah commit --quiet "$c" "localhost/stand-in/sdk:$stand_in" >/dev/null
    for folder in dotnet host shared/Microsoft.NETCore.App shared/Microsoft.AspNetCore.App; do
        buildah copy --quiet "$c" "$dotnet_root/$folder" "/usr/share/dotnet/$folder" >/dev/null
    done
    buildah config --env DOTNET_SYSTEM_GLOBALIZATION_INVARIANT- --env DOTNET_GENERATE_ASPNET_CERTIFICATE- --env NuGetAudit- \
        --env MSBUILDDISABLENODEREUSE- --env UseSharedCompilation- \
        --env ASPNETCORE_HTTP_PORTS=8080 --env APP_UID=1654 --env DOTNET_RUNNING_IN_CONTAINER=true "$c"
    buildah commit --quiet "$c" "localhost/stand-in/aspnet:$stand_in" >/dev/null
    buildah rm "$c" >/dev/null
    rm "$cache/base.tar"
}
# Made once for each runtime version and recipe.
stand_in=$runtime_version-$(declare -f make_stand_ins | sha256sum | cut -c 1-12)
buildah images --quiet "localhost/stand-in/aspnet:$stand_in" >/dev/null 2>&1 || make_stand_ins

# The restore inside the build finds every package in this machine's folder and asks no source.
dotnet restore src/DctNet.Server -r linux-x64 -p:PublishReadyToRun=true --artifacts-path "$cache/restore" >"$cache/restore.log" 2>&1 ||
    fail "restore failed: $(tail -n 3 "$cache/restore.log")"
# Debian's buildah takes a stage that is only named through an argument (FROM runtime-$...) for unused.
buildah bud --pull-never --layers=false --skip-unused-stages=false \
    --build-arg SDK_IMAGE="localhost/stand-in/sdk:$stand_in" \
    --build-arg RUNTIME_IMAGE="localhost/stand-in/aspnet:$stand_in" \
    --build-arg CUDA_IMAGE="localhost/stand-in/sdk:$stand_in" \
    --build-arg REVISION="$(git rev-parse HEAD)" \
    --volume "$dotnet_root:/usr/share/dotnet:ro" --volume "$packages:/root/.nuget/packages" \
    --tag localhost/dctnet-server:check . >"$cache/build.log" 2>&1 || { cat "$cache/build.log"; fail "the Dockerfile does not build"; }

# is NAME EXPECTED ACTUAL
is() { [[ $3 == "$2" ]] || fail "$1 is '$3', not '$2'"; }
config() { buildah inspect --type image --format "{{$1}}" localhost/dctnet-server:check; }
is "the user" 1654:1654 "$(config .OCIv1.Config.User)"
is "the entry point" "[dotnet DctNet.Server.dll]" "$(config .OCIv1.Config.Entrypoint)"
is "the volume" "map[/var/lib/dctnet:{}]" "$(config .OCIv1.Config.Volumes)"
is "the exposed ports" "map[8080/tcp:{} 8081/tcp:{} 9090/tcp:{}]" "$(config .OCIv1.Config.ExposedPorts)"

container=$(buildah from --pull-never localhost/dctnet-server:check)
# The mode as the image has it: stat is asked as root, and not of the volume that a run would lay over it.
mounted=$(buildah mount "$container")
is "the owner and mode of the home" "1654:1654 700" "$(stat -c '%u:%g %a' "$mounted/var/lib/dctnet")"
is "the owner and mode of /var/lib" "0:0 755" "$(stat -c '%u:%g %a' "$mounted/var/lib")"
buildah umount "$container" >/dev/null

# A port nobody listens on; the server takes it a moment later.
port=$((20000 + RANDOM % 10000))
while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
buildah run --env DctNet__Ports__Http=0 --env DctNet__Ports__Grpc=0 --env DctNet__Ports__Ops="$port" "$container" \
    -- dotnet DctNet.Server.dll >"$cache/server.log" 2>&1 &
server=$!
ready=""
for _ in {1..240}; do
    kill -0 "$server" 2>/dev/null || break
    if curl --silent --fail --max-time 2 "http://127.0.0.1:$port/readyz" >/dev/null; then
        ready=yes
        break
    fi
    sleep 0.5
done
[[ -n $ready ]] || { tail -n 30 "$cache/server.log"; fail "the image's server did not become ready"; }
# To the server itself: buildah does not pass the signal on, but does pass the exit code back.
kill -TERM "$(server_process)"
code=0
wait "$server" || code=$?
server=""
((code == 0)) || { tail -n 30 "$cache/server.log"; fail "the image's server ended with $code on SIGTERM"; }
echo "built, ready as uid 1654, stopped cleanly"
