using static DctNet.ModelTools.Tests.GraphDefWriter;

namespace DctNet.ModelTools.Tests;

/// <summary>Whatever a file holds, the answer is a reason: no exception, no hang, no memory without bound.</summary>
public sealed class RefusalTests
{
    private static readonly byte[] s_frozen = FrozenDctNet.Write(DctNetWeights.Random(seed: 2), new GraphVariant());

    public static TheoryData<string, byte[], string> Files => new()
    {
        { "empty", [], "empty" },
        { "ONNX", [8, 8, 18, 3, 65, 66, 67], "ONNX" },
        { "ZIP", [.. "PK\x3\x4"u8, 0, 0], "ZIP" },
        { "HDF5", [0x89, .. "HDF\r\n"u8], "HDF5" },
        { "gzip", [0x1f, 0x8b, 8, 0], "gzip" },
        { "text", [.. "hello, this is no network"u8], "neither" },
        { "a picture", File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "portrait.jpg")), "neither" },
        { "a FlatBuffers offset out of the file", [0xff, 0xff, 0xff, 0x7f, .. "TFL3"u8, 0, 0, 0, 0], "out of the file" },
        { "a FlatBuffers table over itself", [0, 0, 0, 0, .. "TFL3"u8, 0, 0, 0, 0], "" },
        { "a graph of nothing", Graph(_ => { }), "0 inputs" },
        { "a graph of two inputs", Graph(g => { g.Placeholder("a", -1, -1, 3); g.Placeholder("b", -1, -1, 3); }), "2 inputs" },
        { "a grey input", Graph(g => { g.Placeholder("a", -1, -1, 1); g.Node("output_image", "Identity", ["a"]); }), "[-1, -1, 1]" },
        { "another network", Graph(g => { g.Placeholder("a", -1, -1, 3); g.Node("output_image", "Relu", ["a"]); }), "0 convolutions" },
        { "an operation of others", Graph(g => { g.Placeholder("a", -1, -1, 3); g.Node("output_image", "MatMul", ["a", "a"]); }), "MatMul" },
        {
            "a graph that was not frozen",
            Graph(g => { g.Placeholder("a", -1, -1, 3); g.Node("w", "VariableV2", []); g.Node("output_image", "Mul", ["a", "w"]); }),
            "not frozen"
        },
        {
            "a cycle",
            Graph(g => { g.Placeholder("a", -1, -1, 3); g.Node("b", "Add", ["a", "c"]); g.Node("c", "Relu", ["b"]); g.Node("output_image", "Relu", ["c"]); }),
            "needs its own result"
        },
        { "a node that needs itself", Graph(g => { g.Placeholder("a", -1, -1, 3); g.Node("output_image", "Add", ["a", "output_image"]); }), "its own result" },
        { "a missing node", Graph(g => { g.Placeholder("a", -1, -1, 3); g.Node("output_image", "Add", ["a", "b"]); }), "\"b\", which is not there" },
        { "two nodes of one name", Graph(g => { g.Placeholder("a", -1, -1, 3); g.Node("b", "Relu", ["a"]); g.Node("b", "Relu", ["a"]); }), "two nodes" },
        { "a second result", Graph(g => { g.Placeholder("a", -1, -1, 3); g.Node("output_image", "Relu", ["a:1"]); }), "a:1" },
        {
            "channels first",
            Graph(g => { g.Placeholder("a", -1, -1, 3); g.Node("output_image", "BiasAdd", ["a", "a"], ("data_format", Text("NCHW"))); }),
            "NCHW"
        },
        {
            "a constant of 10^18 numbers",
            Graph(g => { g.Placeholder("a", -1, -1, 3); g.Constant("c", [1_000_000, 1_000_000, 1_000_000], [1], content: false); }),
            "larger than any"
        },
        {
            "many large constants",
            Graph(g =>
            {
                g.Placeholder("a", -1, -1, 3);
                g.Constant("size", [1], [16_000_000], Int32Type);
                g.Constant("one", [], [1]);
                g.Node("f0", "Fill", ["size", "one"]);
                for (var i = 1; i < 100; i++)
                {
                    g.Node($"f{i}", "Add", [$"f{i - 1}", "one"]);
                }

                g.Node("output_image", "Mul", ["a", "f99"]);
            }),
            "computes more"
        },
        {
            "constants of 3·10^8 numbers together",
            Graph(g =>
            {
                g.Placeholder("a", -1, -1, 3);
                for (var i = 0; i < 20; i++)
                {
                    g.Constant($"c{i}", [15_000_000], [1], content: false);
                }
            }),
            "larger than any"
        },
        {
            "a large constant, many times over",
            Graph(g =>
            {
                g.Placeholder("a", -1, -1, 3);
                g.Constant("size", [1], [16_000_000], Int32Type);
                g.Constant("one", [], [1]);
                g.Node("f", "Fill", ["size", "one"]);
                g.Node("c", "ConcatV2", [.. Enumerable.Repeat("f", 40), "one"]);
                g.Node("output_image", "Mul", ["a", "c"]);
            }),
            "larger than any"
        },
        {
            "a constant of a million dimensions",
            Graph(g =>
            {
                g.Placeholder("a", -1, -1, 3);
                g.Constant("shape", [1_000_000], [1], Int32Type, content: false);
                g.Constant("one", [], [1]);
                g.Node("f", "Fill", ["shape", "one"]);
                g.Node("output_image", "Mul", ["a", "f"]);
            }),
            "more dimensions"
        },
        {
            "a dimension added again and again",
            Graph(g =>
            {
                g.Placeholder("a", -1, -1, 3);
                g.Constant("e0", [], [0], Int32Type);
                for (var i = 1; i < 10; i++)
                {
                    g.Node($"e{i}", "ExpandDims", [$"e{i - 1}", "e0"]);
                }

                g.Node("output_image", "Mul", ["a", "e9"]);
            }),
            "more dimensions"
        },
    };

    [Fact]
    public void Weights_written_again_and_again_are_refused()
    {
        // A convolution is written where its result is used, and here each use has it in another form.
        var file = Graph(g =>
        {
            g.Placeholder("a", -1, -1, 3);
            g.Constant("scale", [], [0.5f]);
            g.Node("scaled", "Mul", ["a", "scale"]);
            g.Constant("kernel", [1, 1, 3, 1_000_000], [1], content: false);
            g.Node("conv", "Conv2D", ["scaled", "kernel"], ("strides", Integers(1, 1, 1, 1)), ("padding", Text("SAME")));
            g.Node("sum0", "Squeeze", ["conv"]);
            for (var i = 1; i < 20; i++)
            {
                g.Node($"squeezed{i}", "Squeeze", ["conv"]);
                g.Node($"sum{i}", "Add", [$"sum{i - 1}", $"squeezed{i}"]);
            }

            g.Node("output_image", "Relu", ["sum19"]);
        });

        Assert.Contains("computes more", ModelImporter.Import(file).Failure?.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_that_is_no_DctNet_is_refused_with_a_reason(string what, byte[] file, string reason)
    {
        Assert.NotEmpty(what);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var imported = ModelImporter.Import(file).TryGet(out _, out var failure);

        Assert.False(imported);
        Assert.Contains(reason, failure!.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 512 << 20);
    }

    [Fact]
    public void A_frozen_graph_cut_off_anywhere_is_refused()
    {
        for (var i = 1; i < 20; i++)
        {
            Assert.False(ModelImporter.Import(s_frozen[..(s_frozen.Length * i / 20)]).TryGet(out _, out _));
        }
    }

    [Fact]
    public void A_damaged_frozen_graph_never_throws()
    {
        // Damage among the first nodes, the last nodes and anywhere: structure is rare among the weights.
        var random = new Random(3);
        for (var i = 0; i < 60; i++)
        {
            var file = (byte[])s_frozen.Clone();
            var reach = (i % 3) switch { 0 => 2_000, 1 => 8_000, _ => file.Length };
            for (var hit = 0; hit <= i % 4; hit++)
            {
                file[i % 3 == 1 ? file.Length - 1 - random.Next(reach) : random.Next(reach)] = (byte)random.Next(256);
            }

            ModelImporter.Import(file);
        }
    }

    [Fact]
    public void A_TensorFlow_Lite_file_cut_off_anywhere_is_refused()
    {
        var file = File.ReadAllBytes(Official.Networks("anime_model_header.tflite"));
        for (var i = 1; i < 60; i++)
        {
            Assert.False(ModelImporter.Import(file[..(file.Length * i / 60)]).TryGet(out _, out _));
        }
    }

    [Fact]
    public void A_damaged_TensorFlow_Lite_file_never_throws()
    {
        var original = File.ReadAllBytes(Official.Networks("anime_model_header.tflite"));
        var random = new Random(4);
        for (var i = 0; i < 80; i++)
        {
            var file = (byte[])original.Clone();
            for (var hit = 0; hit <= i % 6; hit++)
            {
                // Weights fill the middle; tables stand at both ends.
                file[i % 2 == 0 ? random.Next(4_000) : file.Length - 1 - random.Next(40_000)] = (byte)random.Next(256);
            }

            file.AsSpan(4, 4).Clear();
            "TFL3"u8.CopyTo(file.AsSpan(4));
            ModelImporter.Import(file);
        }
    }

    private static byte[] Graph(Action<GraphDefWriter> write)
    {
        var graph = new GraphDefWriter();
        write(graph);
        return graph.ToBytes();
    }
}
