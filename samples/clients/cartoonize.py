"""Streams a portrait to a DctNet server and the cartoon back.

    pip install grpcio grpcio-tools
    python3 -m grpc_tools.protoc -I protos --python_out=out --grpc_python_out=out protos/dctnet/v1/*.proto protos/google/rpc/*.proto
    PYTHONPATH=out python3 samples/clients/cartoonize.py localhost:8081 samples/portrait.jpg out/cartoon.png
"""
import hashlib
import sys

import grpc

from dctnet.v1 import cartoon_pb2, cartoon_service_pb2, cartoon_service_pb2_grpc

CHUNK_BYTES = 64 * 1024


def requests(path):
    header = cartoon_service_pb2.CartoonizeHeader(options=cartoon_pb2.CartoonizeOptions(max_side=1024))
    yield cartoon_service_pb2.CartoonizeRequest(header=header)
    with open(path, "rb") as portrait:
        while chunk := portrait.read(CHUNK_BYTES):
            yield cartoon_service_pb2.CartoonizeRequest(chunk=chunk)


def main(address, source, destination):
    with grpc.insecure_channel(address) as channel:
        answers = cartoon_service_pb2_grpc.CartoonServiceStub(channel).Cartoonize(requests(source), timeout=60)
        header = next(answers).header
        cartoon = b"".join(answer.chunk for answer in answers)
    if hashlib.sha256(cartoon).digest() != header.sha256:
        sys.exit("the answer was damaged on its way")
    with open(destination, "wb") as file:
        file.write(cartoon)
    print(f"{destination}: {header.width}x{header.height} {header.style}, watermark {header.watermark.id}")


if __name__ == "__main__":
    main(*sys.argv[1:])
