namespace DctNet.Core.Inference;

/// <summary>
/// A network, loaded: once for any style vector, and once more for each style that is drawn often, with that vector as a constant. ONNX
/// Runtime then folds what depends on it into the kernels: a seventh less time for the bundled network (PERFORMANCE.md).
/// </summary>
/// <remarks>
/// A mixture that is tried once costs nothing more, and nobody waits for a session that another caller loads: until it is there, the
/// one for any style draws the same.
/// </remarks>
internal sealed class StyleSession : IDisposable
{
    /// <summary>Styles remembered, and so most sessions kept: about 9 MB each for the bundled network. The least recently used goes.</summary>
    internal const int Kept = 8;

    /// <summary>The run of a style that loads its session: a whole picture and its head twice.</summary>
    internal const int LoadingRun = 4;

    private readonly NetworkSession _general;
    private readonly Func<NamedTensor, NetworkSession?>? _load;
    private readonly Lock _gate = new();

    // The latest first.
    private readonly List<Entry> _recent = new(Kept + 1);
    private bool _disposed;

    /// <param name="general">The network as it is; disposed with this.</param>
    /// <param name="load">Loads it with a constant style, or gives null where that cannot be; null where it does not pay.</param>
    public StyleSession(NetworkSession general, Func<NamedTensor, NetworkSession?>? load) => (_general, _load) = (general, load);

    public NetworkSession General => _general;

    /// <summary>How many sessions with a constant style there are now.</summary>
    internal int Constants
    {
        get
        {
            lock (_gate)
            {
                return _recent.Count(entry => entry.Session is not null);
            }
        }
    }

    /// <param name="image">The picture.</param>
    /// <param name="style">The style vector; null where the network has none.</param>
    /// <param name="cartoon">Receives the result.</param>
    /// <param name="cancellationToken">Stops the run at its next operator.</param>
    public void Run(NamedTensor image, NamedTensor? style, NamedTensor cartoon, CancellationToken cancellationToken)
    {
        if (style is not { } vector)
        {
            _general.Run([image], [cartoon], cancellationToken);
            return;
        }

        if (Constant(vector) is { } session)
        {
            try
            {
                session.Run([image], [cartoon], cancellationToken);
                return;
            }
            catch (ObjectDisposedException)
            {
                // It went for another style since it was looked up.
            }
        }

        _general.Run([image, vector], [cartoon], cancellationToken);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _recent.ForEach(entry => entry.Session?.Dispose());
            _recent.Clear();
        }

        _general.Dispose();
    }

    private NetworkSession? Constant(NamedTensor style)
    {
        if (_load is null)
        {
            return null;
        }

        Entry entry;
        lock (_gate)
        {
            var known = _recent.FindIndex(other => other.Style.AsSpan().SequenceEqual(style.Data.Span));
            entry = known < 0 ? new Entry(style.Data.ToArray()) : _recent[known];
            if (known >= 0)
            {
                _recent.RemoveAt(known);
            }

            _recent.Insert(0, entry);
            if (_recent.Count > Kept)
            {
                _recent[Kept].Session?.Dispose();
                _recent.RemoveAt(Kept);
            }

            // Each number of a run is seen by one caller alone.
            if (++entry.Runs != LoadingRun)
            {
                return entry.Session;
            }
        }

        var session = _load(style with { Data = entry.Style });
        lock (_gate)
        {
            if (!_disposed && _recent.Contains(entry))
            {
                return entry.Session = session;
            }
        }

        session?.Dispose();
        return null;
    }

    private sealed class Entry(float[] style)
    {
        public float[] Style { get; } = style;

        public long Runs { get; set; }

        public NetworkSession? Session { get; set; }
    }
}
