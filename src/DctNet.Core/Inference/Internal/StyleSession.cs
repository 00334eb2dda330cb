namespace DctNet.Core.Inference;

/// <summary>
/// A network, loaded once for all styles, with the style vector, if it has one, as an input; or once for each style that is drawn, with the
/// vector as a constant: ONNX Runtime then folds what depends on it into the kernels, a fifth of the bundled network's time (PERFORMANCE.md).
/// </summary>
/// <remarks>
/// Never both: folded scales round otherwise, and a portrait is to give the same cartoon every time. Whoever is the first to draw a style
/// loads its session, and who comes meanwhile waits for it.
/// </remarks>
internal sealed class StyleSession : IDisposable
{
    /// <summary>
    /// Sessions with a constant style: enough for the bundled catalog and a few mixtures, at up to 9 MB each. The least recently used goes.
    /// </summary>
    internal const int Kept = 12;

    private readonly NetworkSession? _all;
    private readonly Func<NamedTensor, NetworkSession>? _load;
    private readonly Lock _gate = new();

    // The latest first.
    private readonly List<Entry> _entries = [];
    private bool _disposed;

    /// <param name="all">The network as it is; disposed with this.</param>
    public StyleSession(NetworkSession all) => _all = all;

    /// <param name="load">Loads the network with a constant style.</param>
    public StyleSession(Func<NamedTensor, NetworkSession> load) => _load = load;

    /// <summary>How many sessions with a constant style there are now.</summary>
    internal int Constants
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count(entry => entry.Session.IsValueCreated);
            }
        }
    }

    /// <param name="image">The picture.</param>
    /// <param name="style">The style vector; null where the network has none, which cannot be where styles are constants.</param>
    /// <param name="cartoon">Receives the result.</param>
    /// <param name="cancellationToken">Stops the run at its next operator.</param>
    /// <exception cref="ObjectDisposedException">This was disposed.</exception>
    public void Run(NamedTensor image, NamedTensor? style, NamedTensor cartoon, CancellationToken cancellationToken)
    {
        if (_all is not null)
        {
            _all.Run(style is { } vector ? [image, vector] : [image], [cartoon], cancellationToken);
            return;
        }

        cancellationToken.ThrowIfCancellationRequested();
        var entry = Enter(style!.Value);
        try
        {
            entry.Session.Value.Run([image], [cartoon], cancellationToken);
        }
        finally
        {
            Leave(entry);
        }
    }

    /// <summary>Frees all sessions once the runs under way have ended; new ones are refused.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            while (_entries.Count > 0)
            {
                Remove(_entries[^1]);
            }
        }

        _all?.Dispose();
    }

    private Entry Enter(NamedTensor style)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var entry = _entries.Find(other => other.Style.AsSpan().SequenceEqual(style.Data.Span)) ?? new Entry(style, _load!);
            _entries.Remove(entry);
            _entries.Insert(0, entry);
            if (_entries.Count > Kept)
            {
                Remove(_entries[^1]);
            }

            entry.Users++;
            return entry;
        }
    }

    private void Leave(Entry entry)
    {
        lock (_gate)
        {
            entry.Users--;
            if (!entry.Session.IsValueCreated)
            {
                // Loading threw, and the entry would throw the same again; the next run tries anew.
                Remove(entry);
            }
            else if (entry.Users == 0 && !_entries.Contains(entry))
            {
                entry.Dispose();
            }
        }
    }

    private void Remove(Entry entry)
    {
        _entries.Remove(entry);
        if (entry.Users == 0)
        {
            entry.Dispose();
        }
    }

    /// <summary>A style and its session, which is freed when the entry is out of the list and nobody uses it.</summary>
    private sealed class Entry : IDisposable
    {
        public Entry(NamedTensor style, Func<NamedTensor, NetworkSession> load)
        {
            Style = style.Data.ToArray();
            Session = new Lazy<NetworkSession>(() => load(style with { Data = Style }));
        }

        public float[] Style { get; }

        public Lazy<NetworkSession> Session { get; }

        public int Users { get; set; }

        public void Dispose()
        {
            if (Session.IsValueCreated)
            {
                Session.Value.Dispose();
            }
        }
    }
}
