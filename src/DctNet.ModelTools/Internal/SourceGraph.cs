namespace DctNet.ModelTools;

/// <summary>A graph as it was read, not yet understood.</summary>
/// <param name="Format">For people: where it comes from.</param>
/// <param name="Nodes">By name.</param>
/// <param name="Input">The name of the placeholder.</param>
/// <param name="Output">The name of the result.</param>
internal sealed record SourceGraph(string Format, IReadOnlyDictionary<string, SourceNode> Nodes, string Input, string Output)
{
    /// <summary>DCT-Net has a few hundred; the bound keeps a made-up file from taking the time.</summary>
    public const int MaxNodes = 20_000;

    /// <summary>The nodes that the output needs, each after its inputs.</summary>
    /// <exception cref="ModelFormatException">A node is missing, or one needs itself.</exception>
    public IReadOnlyList<string> InOrder()
    {
        var order = new List<string>();
        var done = new Dictionary<string, bool>(StringComparer.Ordinal);
        var stack = new Stack<string>([Output]);
        while (stack.TryPeek(out var name))
        {
            if (done.TryGetValue(name, out var finished))
            {
                stack.Pop();
                if (!finished)
                {
                    done[name] = true;
                    order.Add(name);
                }

                continue;
            }

            done[name] = false;
            var node = Nodes.TryGetValue(name, out var found)
                ? found
                : throw new ModelFormatException($"an operation needs \"{Shown(name)}\", which is not there");

            // What was begun and is not finished waits for this node, directly or not.
            foreach (var input in node.Inputs.Reverse())
            {
                if (!done.TryGetValue(input, out finished))
                {
                    stack.Push(input);
                }
                else if (!finished)
                {
                    throw new ModelFormatException($"\"{Shown(input)}\" needs its own result");
                }
            }
        }

        return order;
    }

    /// <summary>A name out of the file, short enough to repeat in a message.</summary>
    public static string Shown(string name) => name.Length <= 80 ? name : $"{name[..80]}…";
}
