# The server's image (linux/amd64, as its native libraries are).
#
#   docker build -t dctnet-server:0.1.0 .
#   docker run --rm -p 8080:8080 -p 8081:8081 -v dctnet:/var/lib/dctnet dctnet-server:0.1.0
#   docker build -t dctnet-server:0.1.0-gpu --build-arg ONNXRUNTIME_FLAVOR=gpu .
#
# default for the CPU, gpu for CUDA (and TensorRT, with a CUDA_IMAGE that has its libraries), in lower case as it also names a stage below.
ARG ONNXRUNTIME_FLAVOR=default
# noble (Ubuntu 24.04) has the glibc and libstdc++ that libvips and ONNX Runtime need, and a shell for the day something is wrong in the
# cluster. Its last stage runs no command, so that the shell-less 10.0-noble-chiseled can take its place by --build-arg.
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0-noble
ARG RUNTIME_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0-noble
# CUDA 13 and cuDNN 9, against which ONNX Runtime's GPU libraries are linked.
ARG CUDA_IMAGE=docker.io/nvidia/cuda:13.0.1-cudnn-runtime-ubuntu24.04

FROM --platform=linux/amd64 ${SDK_IMAGE} AS build
ARG ONNXRUNTIME_FLAVOR
ENV DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
WORKDIR /source

# Packages are restored from the project files alone, so that a change of code does not fetch them again.
COPY global.json Directory.Build.props Directory.Build.targets Directory.Packages.props ./
COPY src/DctNet.Contracts/DctNet.Contracts.csproj src/DctNet.Contracts/
COPY src/DctNet.C2pa/DctNet.C2pa.csproj src/DctNet.C2pa/
COPY src/DctNet.Core/DctNet.Core.csproj src/DctNet.Core/
COPY src/DctNet.Service/DctNet.Service.csproj src/DctNet.Service/
COPY src/DctNet.Server/DctNet.Server.csproj src/DctNet.Server/
RUN dotnet restore src/DctNet.Server -r linux-x64 -p:PublishReadyToRun=true -p:OnnxRuntimeFlavor=${ONNXRUNTIME_FLAVOR}

COPY .editorconfig ./
COPY protos protos
COPY models models
COPY src src
RUN dotnet publish src/DctNet.Server --no-restore -c Release -r linux-x64 --self-contained false \
        -p:PublishReadyToRun=true -p:OnnxRuntimeFlavor=${ONNXRUNTIME_FLAVOR} -p:DebugType=none -o /app \
    && mkdir -p /skeleton && mkdir -m 0700 /skeleton/dctnet

FROM --platform=linux/amd64 ${RUNTIME_IMAGE} AS runtime-default

# ONNX Runtime looks for CUDA and cuDNN in the system's libraries: NVIDIA's image has them, and the .NET runtime is copied in.
FROM --platform=linux/amd64 ${CUDA_IMAGE} AS runtime-gpu
COPY --from=runtime-default /usr/share/dotnet /usr/share/dotnet
ENV PATH=/usr/share/dotnet:${PATH} DOTNET_RUNNING_IN_CONTAINER=true

FROM runtime-${ONNXRUNTIME_FLAVOR}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="DctNet.Grpc server" \
      org.opencontainers.image.description="Turns portrait photos into cartoons over streaming gRPC and marks them as AI-made." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

# ONNX Runtime's telemetry can only be turned off by the launch environment. ASPNETCORE_HTTP_PORTS is set by the base image and would only
# be warned about: the server opens its own three ports.
ENV ASPNETCORE_HTTP_PORTS="" \
    DCTNET_HOME=/var/lib/dctnet \
    DctNet__Ports__Address=* \
    ORT_DISABLE_TELEMETRY=1

WORKDIR /app
COPY --from=build /app ./
# 1654 is the "app" user of the .NET images. Keys and the ledger live in its home, which a volume made from it inherits.
COPY --from=build --chown=1654:1654 /skeleton/ /var/lib/
VOLUME /var/lib/dctnet
USER 1654:1654

# HTTP, gRPC, ops. Publish the first two only: the ops port (metrics, health) is for the cluster's eyes.
EXPOSE 8080 8081 9090
ENTRYPOINT ["dotnet", "DctNet.Server.dll"]
